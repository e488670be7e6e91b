"""Benchmark of many live cameras through all services."""
