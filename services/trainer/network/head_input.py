"""The embedding: the outputs of both frozen branches as inputs of the new layers.

MobileNet's features are standardised, with a joint length of about 1. The descriptor is centred on the mean face and
normalised to length 1. Both are folded into the served network, which needs no further layer.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

# MobileNet's share of a face's squared length: it is better within a day, the descriptor across days. docs/LOG.md has
# other shares.
MOBILENET_SHARE = 0.05
# Keeps a feature that hardly varies in the samples from being amplified into noise.
LEAST_DEVIATION = 0.01

Numbers = NDArray[np.float32]


@dataclass(frozen=True)
class Embedding:
    """Map from features to inputs of the new layers.

    `mean` and `scale` are `(features,)`, `centre` is the mean descriptor, `(128,)`, or `(0,)` without one.
    """

    mean: Numbers
    scale: Numbers
    centre: Numbers

    @classmethod
    def fitted_to(cls, seen: Numbers, weights: Numbers, descriptor: int) -> Self:
        """Fit means and deviations to the branches' outputs for faces, `(n, features + descriptor)`.

        `weights`, `(n,)`, weigh the faces; `descriptor` is how many of the last columns are a descriptor's.
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
        """Map the branches' outputs, `(n, features + descriptor)`, to inputs of the same shape; n may be 0."""
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
        """Fold this into a dense layer that takes inputs, so that it takes the network's own features.

        `kernel` is `(inputs, classes)`, `bias` `(classes,)`; `centre`, `(128,)` or empty, is what the network adds to a
        descriptor now. Returns kernel, bias and, with a descriptor, what it must add instead.
        """
        features = len(self.mean)
        folded = kernel.copy()
        folded[:features] *= self.scale[:, np.newaxis]
        folded[features:] *= np.sqrt(1 - MOBILENET_SHARE)
        less = self.mean.astype(np.float64) @ folded[:features]
        weights = [folded, (bias - less).astype(np.float32)]
        return [*weights, centre - self.centre] if len(self.centre) else weights
