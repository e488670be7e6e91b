"""Faces of strangers from a public archive."""
