"""Metrics of inference, and the page with those of all services."""
