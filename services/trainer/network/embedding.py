"""The embedding: what reaches the new layers, out of what both frozen branches say of a face.

MobileNet's features are standardised and together of length about 1. Of the descriptor, less the mean face, the
direction is taken, of length 1. Both are folded into the served network, which then needs no layer more.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

# MobileNet tells people of one day apart better, the descriptor those of another day: so much of a face's squared
# length is MobileNet's. docs/LOG.md has other shares.
MOBILENET_SHARE = 0.05
# A feature that hardly varies in the samples would otherwise be enlarged into noise.
LEAST_DEVIATION = 0.01

Numbers = NDArray[np.float32]


@dataclass(frozen=True)
class Embedding:
    """How features become inputs of the new layers.

    `mean` and `scale` are `(features,)`, `centre` is the mean descriptor, `(128,)`, or `(0,)` without one.
    """

    mean: Numbers
    scale: Numbers
    centre: Numbers

    @classmethod
    def fitted_to(cls, seen: Numbers, weights: Numbers, descriptor: int) -> Self:
        """Take means and deviations of what the branches say of faces, `(n, features + descriptor)`.

        `weights`, `(n,)`, say how much each face counts; `descriptor` is how many of the last numbers are a
        descriptor's.
        """
        features = seen.shape[1] - descriptor
        shares = (weights / weights.sum()).astype(np.float32)
        means = shares @ seen
        squares = np.einsum("n,nf,nf->f", shares, seen[:, :features], seen[:, :features], optimize=False)
        deviations = np.sqrt(np.maximum(squares - means[:features] ** 2, 0))
        deviations += LEAST_DEVIATION * deviations.mean() + np.finfo(np.float32).tiny
        share = MOBILENET_SHARE if descriptor else 1.0
        scale = np.sqrt(share / features) / deviations
        return cls(means[:features], scale.astype(np.float32), means[features:])

    def __call__(self, seen: Numbers) -> Numbers:
        """Turn what the branches say, `(n, features + descriptor)`, into inputs of that shape; n may be 0."""
        features = len(self.mean)
        inputs = np.empty_like(seen)
        np.subtract(seen[:, :features], self.mean, out=inputs[:, :features])
        inputs[:, :features] *= self.scale
        directions = seen[:, features:] - self.centre
        lengths = np.linalg.norm(directions, axis=1, keepdims=True)
        inputs[:, features:] = (
            np.sqrt(1 - MOBILENET_SHARE) * directions / np.maximum(lengths, np.finfo(np.float32).tiny)
        )
        return inputs

    def fold(self, kernel: Numbers, bias: Numbers, centre: Numbers) -> list[Numbers]:
        """Fold this into a dense layer that takes inputs, so that it takes what the network computes itself.

        `kernel` is `(inputs, classes)`, `bias` `(classes,)`; `centre`, `(128,)` or empty, is what the network adds to a
        descriptor now. Returned are kernel, bias and, where there is a descriptor, what it has to add to it instead.
        """
        features = len(self.mean)
        folded = kernel.copy()
        folded[:features] *= self.scale[:, np.newaxis]
        folded[features:] *= np.sqrt(1 - MOBILENET_SHARE)
        less = self.mean.astype(np.float64) @ folded[:features]
        weights = [folded, (bias - less).astype(np.float32)]
        return [*weights, centre - self.centre] if len(self.centre) else weights
