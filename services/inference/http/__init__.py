"""The HTTP edge: one module per resource, and what stands before all of them."""
