"""Anyone we know: persons, relations, consent, tags, and the search for them."""
