"""Features: what the frozen branches see in a face, computed outside Keras because nothing in them learns."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from familiar.services.trainer.data.augment import ANOTHER_MOMENT, Strength, augment
from familiar.services.trainer.network.litert import LiteRTNetwork
from familiar.shared.vision.images import Image

# Of the network: the first output is the probabilities.
_FIRST = 1


class Features:
    """Runs the frozen part in LiteRT, one thread a core. A context manager: leaving it ends the threads.

    LiteRT gives the features that Keras gives, more than twice as fast. While it computes other threads
    run, but an interpreter is good for one thread only, so each thread makes its own.
    """

    def __init__(self, converted: bytes, branches: int) -> None:
        """Take what `to_litert` made of `with_features`, a network of so many branches.

        `descriptor` is how many of the features, the last ones, are a descriptor's.
        """
        self._converted = converted
        self._branches = branches
        self._count = self._network().outputs
        self.descriptor = LiteRTNetwork(converted, _FIRST + 1, branches).outputs if branches > 1 else 0
        self._own = threading.local()
        self._threads = ThreadPoolExecutor(os.cpu_count(), "features", self._load)

    def __enter__(self) -> Self:
        """Give these features."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the threads, and with them their interpreters."""
        self._threads.shutdown()

    def __call__(
        self, images: Image, seeds: tuple[int, ...] | None = None, strength: Strength = ANOTHER_MOMENT
    ) -> NDArray[np.float32]:
        """Compute the features, `(n, features)`, of RGB images, `(n, 160, 160, 3)`, 0..255; n may be 0.

        With `seeds` each image is augmented first, by that strength; the same seeds and place give the same
        augmentation.
        """
        found = np.empty((len(images), self._count), np.float32)

        def compute(place: int) -> None:
            image = images[place]
            if seeds is not None:
                image = augment(image, np.random.default_rng((*seeds, place)), strength)
            found[place] = self._own.network(image)

        for _ in self._threads.map(compute, range(len(images))):
            # An error in a thread is raised here.
            pass
        return found

    def _load(self) -> None:
        self._own.network = self._network()

    def _network(self) -> LiteRTNetwork:
        return LiteRTNetwork(self._converted, _FIRST, self._branches)
