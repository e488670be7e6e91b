"""benchmarks: how well and how fast faces are learned, recognised and served, beside what others use."""
