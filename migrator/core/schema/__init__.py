"""A database's schema as values, and the names of databases that are made."""
