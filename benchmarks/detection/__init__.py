"""Benchmark of live detection, against a plain loop and a search of whole frames."""
