"""Saying how far a benchmark is, on standard error: standard output is for its figures."""

import sys


def tell(sentence: str) -> None:
    """Write a line of progress at once."""
    print(sentence, file=sys.stderr, flush=True)
