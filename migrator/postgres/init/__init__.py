"""Reads the evidence that init infers from."""
