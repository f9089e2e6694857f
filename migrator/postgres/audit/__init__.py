"""The facts that the audit rules decide from."""
