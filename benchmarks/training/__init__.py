"""How long a training takes, and how good it is."""
