"""What migrator is shown on: complete, working splits."""
