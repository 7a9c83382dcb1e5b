"""Who works where: chain, franchises, stores, staff, roles, sign-in, PIN proofs."""
