"""The HTTP edge: one file for each resource, and what stands before all of them."""
