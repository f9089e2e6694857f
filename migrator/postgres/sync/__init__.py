"""Brings the rows of one side to another side at an exact position."""
