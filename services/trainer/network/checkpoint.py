"""The checkpoint of a training: all that is needed to resume after its last epoch."""

import hashlib
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from familiar.services.trainer.data.split_samples import TrainingSamples
from familiar.shared.contract.messages import Epoch, TrainingOptions
from familiar.shared.runtime.files import read_regular, write_atomically

Weights = list[NDArray[Any]]


class Checkpoint:
    """Checkpoint file, replaced after each epoch; without a path, nothing is saved or restored."""

    def __init__(self, path: Path | None, fingerprint: str) -> None:
        """Use the file at `path`; one with another fingerprint is ignored."""
        self._path = path
        self._fingerprint = fingerprint

    def save(self, new_layers: keras.Model, history: tuple[Epoch, ...], best: Weights) -> None:
        """Atomically replace the file by the new layers, their optimizer, the best weights and the history.

        Raises:
            OSError: the disk is full; the file is that of the previous epoch.
        """
        if self._path is None:
            return
        state = {"fingerprint": self._fingerprint, "history": [epoch.model_dump() for epoch in history]}
        arrays = {f"best-{place}": weights for place, weights in enumerate(best)}
        arrays |= {f"now-{place}": variable.numpy() for place, variable in enumerate(_variables(new_layers))}
        file = io.BytesIO()
        np.savez(file, state=np.frombuffer(json.dumps(state).encode(), np.uint8), **arrays)  # type: ignore[arg-type]
        self._path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(self._path, file.getvalue())

    def restore(self, new_layers: keras.Model) -> tuple[tuple[Epoch, ...], Weights]:
        """Restore the new layers; return the epochs that are over, and the best weights.

        A file that is damaged, or of other samples or options, is ignored.
        """
        if self._path is None:
            return (), []
        try:
            # Read up front, as NumPy does not close a file that it cannot parse.
            with np.load(io.BytesIO(read_regular(self._path)), allow_pickle=False) as file:
                state = json.loads(file["state"].tobytes())
                if state["fingerprint"] != self._fingerprint:
                    return (), []
                history = tuple(Epoch.model_validate(epoch) for epoch in state["history"])
                best = [file[f"best-{place}"] for place in range(len(new_layers.get_weights()))]
                variables = _variables(new_layers)
                now = [file[f"now-{place}"] for place in range(len(variables))]
                if any(value.shape != tuple(variable.shape) for value, variable in zip(now, variables, strict=True)):
                    return (), []
        except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile):
            return (), []
        # Only once all of them could be read: half a checkpoint is worse than none.
        for variable, value in zip(variables, now, strict=True):
            variable.assign(value)
        return history, best


def fingerprint_of(samples: TrainingSamples, options: TrainingOptions, weights: str) -> str:
    """Return the SHA-256 of a training's samples, options and frozen weights."""
    digest = hashlib.sha256(f"{samples.people} {options.model_dump_json()} {weights}".encode())
    strangers = samples.strangers
    for part in (
        *(samples.train_images, samples.train_labels, samples.train_sessions),
        *(strangers.train_images, strangers.marked),
    ):
        digest.update(str(part.shape).encode())
        digest.update(part.tobytes())
    return digest.hexdigest()


def _variables(new_layers: keras.Model) -> list[keras.Variable]:
    return [*new_layers.variables, *new_layers.optimizer.variables]
