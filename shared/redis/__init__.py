"""How it is said over Redis."""
