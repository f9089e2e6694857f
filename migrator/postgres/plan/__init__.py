"""What dry-run asks of the servers."""
