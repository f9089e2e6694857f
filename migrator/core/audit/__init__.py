"""The rules of the audit, by family, with their findings and grades."""
