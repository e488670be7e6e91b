"""What encryption of faces costs: samples written, read, counted and read for a training, plain and encrypted.

make benchmark-sealing
"""

import json
import os
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from familiar.services.trainer.data.read_samples import read_training_samples
from familiar.services.trainer.data.split_strangers import split_strangers
from familiar.shared.contract.messages import Split
from familiar.shared.stores.convert_faces import convert_faces
from familiar.shared.stores.sample_origin import SampleOrigin
from familiar.shared.stores.samples import SampleStore
from familiar.shared.stores.sealing import KEY_BYTES, Seals
from familiar.shared.vision.images import encode_jpeg

SAMPLES = 600
PEOPLE = 2
ROUNDS = 15
SIDE = 160


def main() -> None:
    """Print milliseconds for 600 samples of two people, the fastest of fifteen rounds, as a table and as JSON."""
    noise = np.random.default_rng(0)
    # Blurred noise, of about as many bytes as a face of this size.
    crops = [
        encode_jpeg(noise.integers(0, 256, (SIDE // 8, SIDE // 8, 3), np.uint8).repeat(8, 0).repeat(8, 1))
        for _ in range(SAMPLES)
    ]
    rounds: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        for kind, key in (("plain", None), ("encrypted", os.urandom(KEY_BYTES))):
            with tempfile.TemporaryDirectory(prefix="familiar-sealing-") as folder:
                for what, seconds in _measure(Path(folder), key, crops).items():
                    rounds.setdefault(f"{what}, {kind}", []).append(seconds * 1000)
    figures = {what: round(min(times), 1) for what, times in rounds.items()}
    print(f"{SAMPLES} samples of {sum(map(len, crops)) / SAMPLES:.0f} bytes; milliseconds for all of them")
    for what, milliseconds in figures.items():
        print(f"{what:>40} {milliseconds:>10.1f}")
    print(json.dumps(figures))


def _measure(home: Path, key: bytes | None, crops: list[bytes]) -> dict[str, float]:
    store = SampleStore(home, seals=Seals(home, key))
    people = [store.register(f"Person {number}").slug for number in range(PEOPLE)]
    now = datetime.now(UTC)

    def write() -> None:
        for number, crop in enumerate(crops):
            origin = SampleOrigin(frame_id=str(number), camera="door", captured_at=now, enrolment_id="e")
            store.add(people[number % PEOPLE], Split.TRAIN, crop, origin, most=None)

    def read() -> None:
        for person in people:
            store.samples(person, Split.TRAIN)

    figures = {
        "write": _seconds(write),
        "read": _seconds(read),
        "count sessions in a new process": _seconds(SampleStore(home, seals=store.seals).people),
        "read and decode for a training": _seconds(lambda: read_training_samples(store, split_strangers(()))),
    }
    if key is not None:
        sealed = [store.seals.seal("a", crop) for crop in crops]
        figures["unseal in memory"] = _seconds(lambda: [store.seals.unseal("a", data) for data in sealed])
        convert_faces(home, store.seals, encrypted=False)
        figures["familiar encrypt"] = _seconds(lambda: convert_faces(home, store.seals, encrypted=True))
    return figures


def _seconds(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


if __name__ == "__main__":
    main()
