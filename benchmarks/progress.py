"""Saying how far a benchmark is, on standard error: standard output is for its figures."""

import logging
import sys


def tell(sentence: str) -> None:
    """Write a line of progress at once."""
    print(sentence, file=sys.stderr, flush=True)


def silence_tensorflow() -> None:
    """Keep TensorFlow from warning of every network that it compiles; a benchmark has many."""
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
