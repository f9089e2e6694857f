"""An open-loop load on an order-entry monolith, with a ledger of every acknowledged write."""
