"""An Outcome rendered: text for terminals, one JSON document for machines, one HTML file for everybody else."""
