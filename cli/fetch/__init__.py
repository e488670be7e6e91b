"""Fetching faces of strangers from a public archive."""
