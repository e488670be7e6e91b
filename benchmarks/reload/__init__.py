"""Benchmark of hot reload under load, with some damaged versions."""
