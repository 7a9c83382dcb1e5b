"""Saved segments, tags with their rules, grades and value classes."""
