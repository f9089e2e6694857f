"""Examines servers for doctor, in read-only sessions."""
