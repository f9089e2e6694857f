"""The demonstration: the whole pipeline on an embedded PostgreSQL."""
