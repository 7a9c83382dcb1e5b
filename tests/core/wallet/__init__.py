"""Tests of stored value."""
