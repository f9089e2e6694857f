"""clean: moves rows that stay behind to quarantine."""
