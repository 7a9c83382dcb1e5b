"""Course packs and bundles: sessions paid for in advance, used one by one (S2-02, S2-07, loyalty S18, S20)."""
