"""Progress of a benchmark, on standard error: standard output is for its figures."""

import logging
import sys


def tell(sentence: str) -> None:
    """Print a line of progress, flushed."""
    print(sentence, file=sys.stderr, flush=True)


def silence_tensorflow() -> None:
    """Silence TensorFlow's warnings on each compiled network; a benchmark has many."""
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
