"""What was written to targets since the split: found, and carried back."""
