"""plan: the stored plans, shown and compared."""
