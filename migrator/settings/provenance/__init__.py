"""Where each setting comes from."""
