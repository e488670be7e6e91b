"""Benchmarks of training, recognition, detection and serving, against common alternatives."""
