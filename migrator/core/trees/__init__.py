"""Divides the source's DDL among the targets' Alembic trees."""
