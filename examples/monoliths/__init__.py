"""Three further monoliths: a database for services, one for domains, and one company's CRM. Their rows are made here."""
