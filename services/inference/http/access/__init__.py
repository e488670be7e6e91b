"""Access control over HTTP: which scopes a route takes, the check before all routes, and the page's session."""
