"""dry-run: tells everything that migrate would do."""
