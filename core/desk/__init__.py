"""The work pages: home, till, member page."""
