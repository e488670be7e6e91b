"""Training data: samples and strangers, read, split and augmented."""
