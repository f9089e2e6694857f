"""Writes down which rows change in a database, while its applications work on it."""
