"""What is measured under the load, a scenario a file."""
