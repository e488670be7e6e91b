"""Versions swapped under load, some of them damaged."""
