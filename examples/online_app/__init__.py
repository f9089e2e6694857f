"""An application that goes on taking orders while its tenants move out of the monolith, one wave after another."""
