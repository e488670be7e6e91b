"""Benchmark of recognition and of the rejection of strangers."""
