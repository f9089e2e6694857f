"""Rows that applications wrote into targets since the split: read, and applied to the source."""
