"""Carrying out a plan's steps: do it, record it."""
