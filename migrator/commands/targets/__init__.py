"""What each target database has besides its rows: its parameters, and the objects of its own tenant."""
