"""Following a source that is written to, and moving its tenants one after the other, as decisions."""
