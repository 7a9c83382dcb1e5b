"""What is sold: items of five kinds, and their stock per store."""
