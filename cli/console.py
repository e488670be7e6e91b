"""Consoles: results go to standard output, everything else to standard error."""

from rich.console import Console

out = Console()
err = Console(stderr=True)
