"""The gate of single tenants in a live source, and the door of their databases."""
