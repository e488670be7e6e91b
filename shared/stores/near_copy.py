"""Near-copies: crops that are nearly identical to an existing sample."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from familiar.shared.contract.errors import BrokenSeal, ImageTooLarge, UnreadableImage
from familiar.shared.stores.sample_origin import read_origin
from familiar.shared.stores.samples import SampleStore
from familiar.shared.vision.images import Image, decode_image

FINGERPRINT_SIZE = 32
# Consecutive frames of a talking person are 0.1 to 0.4 apart, of a person who sits still less than 0.1.
NEAR_COPY_DISTANCE = 0.1

Fingerprint = NDArray[np.float32]


def fingerprint(crop: Image) -> Fingerprint:
    """Reduce a crop to 32 by 32 grey values, `(1024,)`, of mean 0 and deviation 1, so that brightness cancels out."""
    gray = cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY)
    small = cv2.resize(gray, (FINGERPRINT_SIZE, FINGERPRINT_SIZE), interpolation=cv2.INTER_AREA).astype(np.float32)
    standardised = (small - small.mean()) / (small.std() + 1e-6)
    return np.asarray(standardised.ravel(), np.float32)


@dataclass(frozen=True)
class _TakenSample:
    frame_id: str | None
    fingerprint: Fingerprint


class TakenSamples:
    """A cache of the fingerprints of one person's samples in both splits, compared with the store on each query."""

    def __init__(self, store: SampleStore) -> None:
        self._store = store
        self._person = ""
        self._taken: dict[str, _TakenSample] = {}

    def has_near_copy_of(self, person: str, crop: Image, frame_id: str) -> bool:
        """Return whether a sample of the person is within `NEAR_COPY_DISTANCE` (root mean square) of the crop.

        Samples from the crop's own frame do not count, so that a redelivered frame is not refused.
        """
        self._refresh(person)
        others = [taken.fingerprint for taken in self._taken.values() if taken.frame_id != frame_id]
        if not others:
            return False
        distances = np.sqrt(np.mean((np.stack(others) - fingerprint(crop)) ** 2, axis=1))
        return bool(distances.min() < NEAR_COPY_DISTANCE)

    def _refresh(self, person: str) -> None:
        if person != self._person:
            self._person, self._taken = person, {}
        present = self._store.sample_ids(person)
        for gone in self._taken.keys() - present:
            del self._taken[gone]
        for sample_id in present - self._taken.keys():
            try:
                jpeg = self._store.read(person, sample_id)
            except BrokenSeal:
                jpeg = b""
            if jpeg is not None:
                self._taken[sample_id] = _read_taken(jpeg)


def _read_taken(jpeg: bytes) -> _TakenSample:
    origin = read_origin(jpeg)
    try:
        shown = fingerprint(decode_image(jpeg))
    except (UnreadableImage, ImageTooLarge):
        # A damaged sample is a near-copy of nothing; training reports the file.
        shown = np.full(FINGERPRINT_SIZE**2, np.inf, np.float32)
    return _TakenSample(origin.frame_id if origin else None, shown)
