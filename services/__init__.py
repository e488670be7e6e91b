"""The four services. Each imports `shared` and never another service."""
