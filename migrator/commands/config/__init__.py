"""The command config: shows where each setting comes from, and checks the configuration without a server."""
