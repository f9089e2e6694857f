"""Blocks of numbers for the sequences of targets: reserved, refilled, looked at, lifted."""
