"""The proof that migrate and verify both give."""
