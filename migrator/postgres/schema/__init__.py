"""Reads the catalog, sequences, sizes and parameters of a database."""
