"""What keeps writers out: the fence of the source, locks on tables, targets made read-only."""
