"""The steps of a migration as data, what they rest on, and what must be true before they are carried out."""
