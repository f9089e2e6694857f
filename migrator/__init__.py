"""migrator splits a monolithic PostgreSQL database, proves the result, and can take it all back."""

__version__ = "0.1.0"
