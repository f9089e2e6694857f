"""The evidence that init infers from."""
