"""dry-run: shows everything that migrate would do."""
