"""What is typed to ask: help, explanations, the configuration, the past, and what a machine is able to do."""
