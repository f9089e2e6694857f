"""init: writes migrator.toml and the Alembic trees."""
