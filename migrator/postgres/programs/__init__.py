"""Client programs of PostgreSQL, the embedded ones, and servers of our own."""
