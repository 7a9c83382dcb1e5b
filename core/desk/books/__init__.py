"""Read-only records of the house: nobody changes them here."""
