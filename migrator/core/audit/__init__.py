"""What is wrong with a database, decided from facts: one module per family of rules, findings and grades."""
