"""Features: the outputs of the frozen branches, computed in LiteRT, as nothing in them is trained."""

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

# Output 0 is the probabilities.
_FIRST = 1


class Features:
    """The frozen branches in LiteRT, one thread per core; a context manager that ends the threads.

    LiteRT computes the same features as Keras, more than twice as fast, and releases the GIL. An interpreter is not
    thread-safe, so each thread has its own.
    """

    def __init__(self, converted: bytes, branches: int) -> None:
        """Load `converted`, which `to_litert` made of `with_features`, a network with `branches` branches.

        `descriptor` is how many of the features, the last ones, are a descriptor's.
        """
        self._converted = converted
        self._branches = branches
        self._count = self._network().outputs
        self.descriptor = LiteRTNetwork(converted, _FIRST + 1, branches).outputs if branches > 1 else 0
        self._own = threading.local()
        self._threads = ThreadPoolExecutor(os.cpu_count(), "features", self._load)

    def __enter__(self) -> Self:
        """Return self."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the threads, and with them their interpreters."""
        self._threads.shutdown()

    def __call__(
        self, images: Image, seeds: tuple[int, ...] | None = None, strength: Strength = ANOTHER_MOMENT
    ) -> NDArray[np.float32]:
        """Return the features, `(n, features)`, of RGB images, `(n, 160, 160, 3)`, 0..255; n may be 0.

        With `seeds` each image is augmented first, by `strength`; the same seeds and place give the same augmentation.
        """
        found = np.empty((len(images), self._count), np.float32)

        def compute(place: int) -> None:
            image = images[place]
            if seeds is not None:
                image = augment(image, np.random.default_rng((*seeds, place)), strength)
            found[place] = self._own.network(image)

        for _ in self._threads.map(compute, range(len(images))):
            # Iterating raises a thread's error here.
            pass
        return found

    def _load(self) -> None:
        self._own.network = self._network()

    def _network(self) -> LiteRTNetwork:
        return LiteRTNetwork(self._converted, _FIRST, self._branches)
