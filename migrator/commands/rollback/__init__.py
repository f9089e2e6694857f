"""rollback: takes the split back."""
