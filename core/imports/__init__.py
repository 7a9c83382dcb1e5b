"""Imports of member lists: mapping, dry run, batches that resume."""
