"""The command line: `familiar`."""
