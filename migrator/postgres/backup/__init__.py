"""Dumps, encrypted where that is asked for."""
