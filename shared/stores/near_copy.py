"""Near-copies: crops that show nothing that a sample does not show already."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from familiar.shared.contract.errors import ImageTooLarge, UnreadableImage
from familiar.shared.stores.origin import read_origin
from familiar.shared.stores.samples import SampleStore
from familiar.shared.vision.images import Image, decode_image

FINGERPRINT_SIZE = 32
# Neighbouring frames of somebody who talks lie at 0.1 to 0.4, of somebody who sits still below 0.1.
NEAR_COPY_DISTANCE = 0.1

Fingerprint = NDArray[np.float32]


def fingerprint(crop: Image) -> Fingerprint:
    """Reduce a crop to 32 by 32 grey values of mean 0 and deviation 1, so that plain brightness makes no difference."""
    gray = cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY)
    small = cv2.resize(gray, (FINGERPRINT_SIZE, FINGERPRINT_SIZE), interpolation=cv2.INTER_AREA).astype(np.float32)
    standardised = (small - small.mean()) / (small.std() + 1e-6)
    return np.asarray(standardised.ravel(), np.float32)


@dataclass(frozen=True)
class _TakenSample:
    frame_id: str | None
    fingerprint: Fingerprint


class TakenSamples:
    """The fingerprints of the samples that are in the store, of both splits, read when first asked for."""

    def __init__(self, store: SampleStore) -> None:
        """Remember nothing yet; `store` is the truth that is asked each time."""
        self._store = store
        self._person = ""
        self._taken: dict[str, _TakenSample] = {}

    def has_near_copy_of(self, person: str, crop: Image, frame_id: str) -> bool:
        """Tell whether a sample of the person lies within `NEAR_COPY_DISTANCE` (root mean square) of the crop.

        Samples of the crop's own frame do not count: a frame that comes once more has not been refused.
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
            jpeg = self._store.read(person, sample_id)
            if jpeg is not None:
                self._taken[sample_id] = _read_taken(jpeg)


def _read_taken(jpeg: bytes) -> _TakenSample:
    origin = read_origin(jpeg)
    try:
        shown = fingerprint(decode_image(jpeg))
    except (UnreadableImage, ImageTooLarge):
        # Nothing is like a damaged sample; training names the file.
        shown = np.full(FINGERPRINT_SIZE**2, np.inf, np.float32)
    return _TakenSample(origin.frame_id if origin else None, shown)
