"""What is done to a person in all stores at once: correct, forget."""
