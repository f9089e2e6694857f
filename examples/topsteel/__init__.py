"""The reference ERP: a monolith of steel trading companies, its data and its split."""
