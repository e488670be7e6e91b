"""Many cameras through all services."""
