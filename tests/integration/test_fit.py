"""Fitting new layers, and going on after it was cut short, with a real Keras, a real LiteRT and random weights."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from services.trainer.background import split_background
from services.trainer.checkpoint import Checkpoint, fingerprint_of
from services.trainer.examples import see_validation
from services.trainer.features import Features
from services.trainer.fit import Fitted, fit
from services.trainer.litert import to_litert
from services.trainer.network import build_network, with_features
from services.trainer.pretrained_weights import load_base
from services.trainer.training_samples import TrainingSamples, split_by_time
from shared.images import Image
from shared.messages import Epoch, TrainingOptions

# TensorFlow 2.21 does not yet know the keyword that NumPy 2 passes to __array__.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

OPTIONS = TrainingOptions(base_width=0.25, epochs=6, seed=8)


class CutShort(Exception):
    """The power went."""


def views(person: int, count: int) -> list[Image]:
    """Give model inputs of a coarse pattern that is the person's own, under noise that is each view's own."""
    own = np.random.default_rng(person).integers(40, 215, (3, 3, 3)).astype(np.uint8)
    pattern = cv2.resize(own, (160, 160), interpolation=cv2.INTER_CUBIC).astype(float)
    random = np.random.default_rng((person, count))
    return [np.clip(pattern + random.normal(0, 60, pattern.shape), 0, 255).astype(np.uint8) for _ in range(count)]


@pytest.fixture(scope="module")
def samples() -> TrainingSamples:
    """Give three people, and strangers of whom two were marked."""
    strangers = split_background([views(person, 1)[0] for person in range(10, 40)], [*views(50, 1), *views(51, 1)])
    return split_by_time({name: views(person, 16) for person, name in enumerate("abc")}, {}, strangers)


@pytest.fixture(scope="module")
def features(samples: TrainingSamples) -> Iterator[Features]:
    """Give the frozen part, running."""
    base, _ = load_base("random", OPTIONS.base_width, samples.train_images)
    with Features(to_litert(with_features(build_network(base, people=3, classes=4)))) as features:
        yield features


@pytest.fixture(scope="module")
def whole(samples: TrainingSamples, features: Features) -> Fitted:
    """Fit without any disturbance."""
    return fit(samples, features, OPTIONS, Checkpoint(None, ""), lambda _: None)


def fit_until(samples: TrainingSamples, features: Features, checkpoint: Checkpoint, last: int) -> None:
    """Fit, and be cut short after this epoch."""

    def on_epoch(epoch: Epoch) -> None:
        if epoch.epoch == last:
            raise CutShort

    with pytest.raises(CutShort):
        fit(samples, features, OPTIONS, checkpoint, on_epoch)


def test_the_weights_are_those_of_the_epoch_kept_last(
    whole: Fitted, samples: TrainingSamples, features: Features
) -> None:
    """On the same validation samples they have the loss that this epoch had, and not that of the last."""
    kept = [epoch for epoch in whole.history if epoch.kept][-1]
    assert kept.epoch < OPTIONS.epochs, "choose a seed that shows the difference"

    parts = see_validation(samples, features, OPTIONS.seed)
    labels = np.concatenate([part.labels for part in parts])
    scores = np.asarray(whole.new_layers(np.concatenate([part.features for part in parts])))
    loss = np.square(np.eye(4)[labels] - scores).sum(axis=1).mean()

    assert loss == pytest.approx(kept.validation_loss, rel=1e-4)
    assert loss != pytest.approx(whole.history[-1].validation_loss, rel=1e-4)


@pytest.mark.parametrize("last", [1, 3])
def test_a_fit_that_was_cut_short_goes_on_as_if_nothing_had_been(
    whole: Fitted, samples: TrainingSamples, features: Features, tmp_path: Path, last: int
) -> None:
    """The same history and the same weights, to the last bit; the epochs before are told of, and not run."""
    path = tmp_path / "checkpoint.npz"
    checkpoint = Checkpoint(path, fingerprint_of(samples, OPTIONS, "random"))
    fit_until(samples, features, checkpoint, last)
    written: list[int] = []

    def on_epoch(_: Epoch) -> None:
        if path.stat().st_mtime_ns not in written:
            written.append(path.stat().st_mtime_ns)

    resumed = fit(samples, features, OPTIONS, checkpoint, on_epoch)

    assert resumed.history == whole.history
    # The file of the epoch after which it was cut short, and one for each epoch that was run.
    assert len(written) == 1 + OPTIONS.epochs - last
    for expected, found in zip(whole.new_layers.get_weights(), resumed.new_layers.get_weights(), strict=True):
        np.testing.assert_array_equal(expected, found)


def test_what_another_training_left_is_not_gone_on_with(
    samples: TrainingSamples, features: Features, tmp_path: Path
) -> None:
    """Other options, or a sample more, and the epochs start at 1."""
    path = tmp_path / "checkpoint.npz"
    fit_until(samples, features, Checkpoint(path, fingerprint_of(samples, OPTIONS, "random")), 2)
    other = fingerprint_of(samples, OPTIONS.model_copy(update={"seed": 4}), "random")

    fitted = fit(samples, features, OPTIONS.model_copy(update={"epochs": 1}), Checkpoint(path, other), lambda _: None)

    assert [epoch.epoch for epoch in fitted.history] == [1]


@pytest.mark.parametrize("damage", [b"", b"not an archive", None])
def test_a_damaged_file_is_no_checkpoint(
    samples: TrainingSamples, features: Features, tmp_path: Path, damage: bytes | None
) -> None:
    """Empty, something else, or cut off in the middle: the training starts again, and does not fail."""
    path = tmp_path / "checkpoint.npz"
    checkpoint = Checkpoint(path, fingerprint_of(samples, OPTIONS, "random"))
    fit_until(samples, features, checkpoint, 1)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2] if damage is None else damage)

    heard: list[Epoch] = []
    with pytest.raises(CutShort):
        fit(samples, features, OPTIONS, checkpoint, lambda epoch: heard.append(epoch) or fail())

    assert [epoch.epoch for epoch in heard] == [1]


def fail() -> None:
    """Cut a training short."""
    raise CutShort
