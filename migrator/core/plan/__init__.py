"""The steps of a migration as data, their fingerprint, and the checks before they are carried out."""
