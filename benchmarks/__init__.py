"""Measures migrator against the tools and scripts that people would use instead, on one machine, in turn."""
