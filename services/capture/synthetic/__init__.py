"""Drawn people: a test pattern that needs no camera and shows nobody's face."""
