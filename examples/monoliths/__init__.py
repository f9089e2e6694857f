"""The rows of three further monoliths: a CRM of many services, a hub of eleven domains, and one company's CRM."""
