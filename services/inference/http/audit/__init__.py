"""The audit log over HTTP: what is recorded of requests, and the route that shows it."""
