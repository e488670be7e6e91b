"""Benchmark of training: time and accuracy."""
