"""Renders an Outcome: text for terminals, JSON for machines, one HTML file for everybody else."""
