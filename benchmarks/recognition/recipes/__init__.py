"""The recipes that are compared: ours, and what others use."""
