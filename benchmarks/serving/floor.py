"""The lower bound without a server: one process with a loop in each thread.

python -m benchmarks.serving.floor VERSION_FOLDER --kind crop --threads 2 --seconds 5 FILE...

The files are JPEGs, used in turn. At the end a NumPy file of `benchmarks.load.RECORD` is written to standard output.
"""

import argparse
import sys
import threading
import time
from collections.abc import Callable
from itertools import cycle
from pathlib import Path

import numpy as np

from benchmarks.bare_model import BareModel
from benchmarks.http_connection import OK
from benchmarks.load import RECORD

ANSWERS: dict[str, Callable[[BareModel, bytes], object]] = {
    "crop": BareModel.answer_crop,
    "picture": BareModel.answer_picture,
}


def main() -> None:
    """Process pictures for so many seconds, and write the latency of each."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.serving.floor", description="Answers in a bare loop.")
    parser.add_argument("version", type=Path, help="the folder of a model version")
    parser.add_argument("--kind", choices=ANSWERS, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("files", type=Path, nargs="+")
    options = parser.parse_args()
    pictures = [path.read_bytes() for path in options.files]
    answer = ANSWERS[options.kind]
    models = [BareModel(options.version) for _ in range(options.threads)]
    for model in models:
        answer(model, pictures[0])
    records: list[tuple[int, float, float, int, int]] = []
    until = time.monotonic() + options.seconds

    def run(thread: int) -> None:
        started = time.monotonic()
        for picture in cycle(pictures):
            answer(models[thread], picture)
            finished = time.monotonic()
            records.append((thread, finished, finished - started, OK, 0))
            started = finished
            if finished > until:
                return

    threads = [threading.Thread(target=run, args=(number,)) for number in range(options.threads)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    np.save(sys.stdout.buffer, np.array(records, RECORD))


if __name__ == "__main__":
    main()
