"""Results as values, before they are rendered."""
