"""The home page with its figures and what waits, and the palette."""
