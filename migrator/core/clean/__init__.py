"""Rules that say which rows stay behind."""
