"""The targets' DDL: the source's objects divided among the targets' Alembic trees."""
