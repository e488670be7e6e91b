"""Benchmark of overload: clients that ask for too much, beside one that asks for what it needs."""
