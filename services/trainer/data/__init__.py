"""What is learned from: samples and strangers, read, split and augmented."""
