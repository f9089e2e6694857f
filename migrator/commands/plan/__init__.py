"""plan: shows and compares stored plans."""
