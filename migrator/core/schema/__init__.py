"""The source as values: tables, columns, keys, and the names that we make for databases."""
