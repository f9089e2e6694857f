"""The comparison of both sides that migrate and verify share."""
