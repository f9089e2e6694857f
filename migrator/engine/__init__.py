"""Carries out a plan's steps in worker processes and records them."""
