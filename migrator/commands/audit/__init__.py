"""audit: reports what stands in the way of a split."""
