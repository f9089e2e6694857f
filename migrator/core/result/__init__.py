"""Results of commands as values, before they are rendered."""
