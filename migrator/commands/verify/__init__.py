"""verify: proves that every row arrived exactly once."""
