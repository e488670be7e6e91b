"""familiar: the command line."""
