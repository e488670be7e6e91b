"""Local mode: Redis and all services as child processes of the command line."""
