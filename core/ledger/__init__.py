"""The ledger: accounts, transfers and lots of every kind of value. Nothing else writes a balance."""
