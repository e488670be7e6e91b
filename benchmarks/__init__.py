"""benchmarks: how long a training takes and how well faces are recognised, beside recipes that others use."""
