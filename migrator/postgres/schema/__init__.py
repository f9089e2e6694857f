"""The catalog, sequences, sizes and parameters of a database, read."""
