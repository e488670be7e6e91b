"""How well faces are recognised, and strangers told from them."""
