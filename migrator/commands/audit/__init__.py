"""audit: reports what the split would trip over."""
