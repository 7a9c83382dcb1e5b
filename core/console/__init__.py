"""The operators' pages: plugin switchboard and health."""
