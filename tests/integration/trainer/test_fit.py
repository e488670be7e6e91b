"""Fitting new layers, and going on after it was cut short, with a real Keras, a real LiteRT and random weights."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import keras
import numpy as np
import pytest

from familiar.services.trainer.data.folds import FOLDS, Folds, fold
from familiar.services.trainer.data.split_samples import TrainingSamples, split_by_time
from familiar.services.trainer.data.split_strangers import split_strangers
from familiar.services.trainer.network.checkpoint import Checkpoint, fingerprint_of
from familiar.services.trainer.network.examples import Examples
from familiar.services.trainer.network.features import Features
from familiar.services.trainer.network.fit import (
    BATCH_SIZE,
    LEARNING_RATE,
    MOMENTUM,
    Fitted,
    _take_steps,
    balanced,
    fit,
)
from familiar.services.trainer.network.head_input import Embedding
from familiar.services.trainer.network.litert import to_litert
from familiar.services.trainer.network.mobilenet import load_base
from familiar.services.trainer.network.network import build_network, build_new_layers, with_features
from familiar.shared.contract.messages import Epoch, TrainingOptions
from familiar.shared.vision.images import Image

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
    strangers = split_strangers([views(person, 1)[0] for person in range(10, 40)], [*views(50, 1), *views(51, 1)])
    return split_by_time({name: views(person, 16) for person, name in enumerate("abc")}, {}, strangers)


@pytest.fixture(scope="module")
def features(samples: TrainingSamples) -> Iterator[Features]:
    """Give the frozen part, running."""
    base, _ = load_base("random", OPTIONS.base_width, samples.train_images)
    with Features(to_litert(with_features(build_network(base, None, people=3))), 1) as features:
        yield features


@pytest.fixture(scope="module")
def folds(samples: TrainingSamples) -> Folds:
    """Give the folds of these samples."""
    return fold(samples)


@pytest.fixture(scope="module")
def whole(samples: TrainingSamples, features: Features, folds: Folds) -> Fitted:
    """Fit without any disturbance."""
    return fit(samples, features, folds, OPTIONS, Checkpoint(None, ""), lambda _: None)


def fit_until(samples: TrainingSamples, features: Features, checkpoint: Checkpoint, last: int) -> None:
    """Fit, and be cut short after this epoch."""

    def on_epoch(epoch: Epoch) -> None:
        if epoch.epoch == last:
            raise CutShort

    with pytest.raises(CutShort):
        fit(samples, features, fold(samples), OPTIONS, checkpoint, on_epoch)


def validation_of(fitted: Fitted, folds: Folds) -> tuple[float, float]:
    """Give loss and accuracy of what each fold held back, asked of its network; every class weighs the same."""
    checked = fitted.as_taken
    logits = fitted.logits(checked.features).astype(np.float64)
    losses, right, labels, weights = [], [], [], []
    for number in range(FOLDS):
        own = folds.held_back[checked.origins, number]
        answers, truth = logits[own, 1 + number], checked.labels[own]
        probabilities = np.exp(answers) / np.exp(answers).sum(axis=1, keepdims=True)
        losses += (-np.log(probabilities[np.arange(len(truth)), truth])).tolist()
        right += (answers.argmax(axis=1) == truth).tolist()
        labels += truth.tolist()
        weights += checked.weights[own].tolist()
    of_class = [np.array(labels) == label for label in range(4)]

    def mean(values: list[float]) -> float:
        return float(np.mean([np.average(np.array(values)[own], weights=np.array(weights)[own]) for own in of_class]))

    return mean(losses), mean(right)


def test_the_weights_are_those_of_the_epoch_kept_last(whole: Fitted, folds: Folds) -> None:
    """On what the folds hold back they have the loss that this epoch had, and not that of the last."""
    kept = [epoch for epoch in whole.history if epoch.kept][-1]
    assert kept.epoch < OPTIONS.epochs, "choose a seed that shows the difference"

    loss, accuracy = validation_of(whole, folds)

    assert loss == pytest.approx(kept.validation_loss, rel=1e-4)
    assert accuracy == pytest.approx(kept.validation_accuracy, rel=1e-4)
    assert loss != pytest.approx(whole.history[-1].validation_loss, rel=1e-4)


def test_epochs_are_kept_only_where_they_are_better(whole: Fitted) -> None:
    """Better is a higher accuracy on what is held back, or the same with a lower loss."""
    best = (-1.0, 0.0)
    for epoch in whole.history:
        reached = (epoch.validation_accuracy, -epoch.validation_loss)
        assert epoch.kept == (reached > best)
        best = max(best, reached)


def test_the_served_network_is_the_first_and_learns_from_everything(
    samples: TrainingSamples, features: Features, folds: Folds
) -> None:
    """Whatever the folds leave out, it is the same: here each leaves out what another one did."""
    other = Folds(np.roll(folds.left_out, 1, axis=1), np.roll(folds.held_back, 1, axis=1), folds.absent)
    options = OPTIONS.model_copy(update={"epochs": 1})
    first, second = (fit(samples, features, each, options, Checkpoint(None, ""), print) for each in (folds, other))

    np.testing.assert_array_equal(first.kernel[:, 0], second.kernel[:, 0])
    np.testing.assert_array_equal(first.bias[0], second.bias[0])
    assert np.abs(first.kernel[:, 1:] - second.kernel[:, 1:]).max() > 1e-3


def test_who_is_left_out_of_a_fold_is_never_named_by_its_network(whole: Fitted, folds: Folds) -> None:
    """Their logit stays so far below all others that it never counts, for anybody's face."""
    logits = whole.logits(whole.as_taken.features)
    assert folds.absent[:, :3].sum() == 3

    for number, label in zip(*np.nonzero(folds.absent), strict=True):
        own = logits[:, 1 + number]
        assert (own.max(axis=1) - own[:, label]).min() > 20


def examples_of(folds: Folds, inputs: int) -> Examples:
    """Give examples of random inputs, one for each train sample and stranger."""
    random, count = np.random.default_rng(0), len(folds.held_back)
    labels = np.minimum(np.arange(count) // 16, 3)
    features = random.normal(size=(count, inputs)).astype(np.float32)
    return Examples(features, labels, np.ones(count, np.float32), np.arange(count))


def new_layers_for(inputs: int) -> keras.Model:
    """Give new layers as `fit` builds them, ready to learn."""
    new_layers = build_new_layers(inputs, 1 + FOLDS, 4)
    new_layers.compile(
        keras.optimizers.SGD(LEARNING_RATE, MOMENTUM), keras.losses.CategoricalCrossentropy(from_logits=True)
    )
    return new_layers


def by_network(new_layers: keras.Model) -> list[np.ndarray]:
    """Give kernel and bias of each network side by side: `(inputs + 1, classes)`."""
    kernel, bias = new_layers.get_weights()
    return list(np.vstack([kernel, bias]).reshape(len(kernel) + 1, 1 + FOLDS, 4).transpose(1, 0, 2))


@pytest.mark.parametrize("kind", ["held back", "left out"])
def test_a_network_learns_nothing_from_what_it_may_not_see(folds: Folds, kind: str) -> None:
    """Whatever such an example looks like, not a bit of the weights changes; those of the others do."""
    inputs = 10
    hidden = folds.held_back if kind == "held back" else folds.left_out
    place, number = np.argwhere(hidden)[0]
    examples = examples_of(folds, inputs)
    before, after = new_layers_for(inputs), new_layers_for(inputs)

    _take_steps(before, examples, folds)
    examples.features[place] += 5
    _take_steps(after, examples, folds)

    same = [np.array_equal(one, other) for one, other in zip(by_network(before), by_network(after), strict=True)]
    assert same == [not learns for learns in folds.learned[place]]
    assert same[1 + number]
    assert not same[0]


def test_each_network_takes_the_step_that_it_would_take_alone(folds: Folds) -> None:
    """That of a softmax and cross-entropy, where all its classes weigh the same: here of one batch."""
    inputs = 10
    examples = examples_of(folds, inputs)
    chosen = np.random.default_rng(1).permutation(len(examples.labels))[:BATCH_SIZE]
    batch = Examples(examples.features[chosen], examples.labels[chosen], examples.weights[chosen], chosen)
    new_layers = new_layers_for(inputs)

    _take_steps(new_layers, batch, folds)

    extended = np.hstack([batch.features, np.ones((BATCH_SIZE, 1), np.float32)])
    for number, found in enumerate(by_network(new_layers)):
        weights = balanced(batch.labels, batch.weights * folds.learned[chosen, number])
        errors = (np.full(4, 0.25) - np.eye(4)[batch.labels]) * weights[:, np.newaxis]
        np.testing.assert_allclose(found, -LEARNING_RATE * extended.T @ errors / BATCH_SIZE, atol=1e-5)


def test_balanced_classes_weigh_the_same() -> None:
    """Those of which something is learned; the mean weight is 1, and within a class shares stay."""
    labels = np.array([0, 0, 0, 1, 2, 2])
    weights = balanced(labels, np.array([1, 1, 2, 4, 0, 0], np.float32))

    assert weights.dtype == np.float32
    np.testing.assert_allclose(weights, [0.75, 0.75, 1.5, 3, 0, 0])


def test_where_there_are_no_strangers_nobody_is_the_same_for_every_face(features: Features) -> None:
    """Nothing could be learned of them; how likely they are is for the calibration to say."""
    people = split_by_time({name: views(person, 8) for person, name in enumerate("abc")}, {})

    fitted = fit(people, features, fold(people), OPTIONS, Checkpoint(None, ""), print)

    assert (fitted.kernel[..., -1] == 0).all()
    assert (fitted.bias[:, -1] == 0).all()


def test_what_is_asked_later_is_given_as_inputs(whole: Fitted, samples: TrainingSamples, features: Features) -> None:
    """Samples and strangers as they were taken, embedded; without a descriptor there are no descriptors."""
    count = len(samples.train_labels)
    seen = features(samples.train_images)

    assert isinstance(whole.embedding, Embedding)
    np.testing.assert_allclose(whole.as_taken.features[:count], whole.embedding(seen), atol=1e-5)
    np.testing.assert_array_equal(whole.as_taken.labels[:count], samples.train_labels)
    assert (whole.as_taken.labels[count:] == 3).all()
    assert (whole.another_day.labels < 3).all()
    assert whole.descriptors.shape == (count, 0)


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

    resumed = fit(samples, features, fold(samples), OPTIONS, checkpoint, on_epoch)

    assert resumed.history == whole.history
    # The file of the epoch after which it was cut short, and one for each epoch that was run.
    assert len(written) == 1 + OPTIONS.epochs - last
    assert resumed.resumed_after == last
    np.testing.assert_array_equal(resumed.kernel, whole.kernel)
    np.testing.assert_array_equal(resumed.bias, whole.bias)
    np.testing.assert_array_equal(resumed.as_taken.features, whole.as_taken.features)


def test_what_another_training_left_is_not_gone_on_with(
    samples: TrainingSamples, features: Features, tmp_path: Path
) -> None:
    """Other options, or a sample more, and the epochs start at 1."""
    path = tmp_path / "checkpoint.npz"
    fit_until(samples, features, Checkpoint(path, fingerprint_of(samples, OPTIONS, "random")), 2)
    other = fingerprint_of(samples, OPTIONS.model_copy(update={"seed": 4}), "random")

    options = OPTIONS.model_copy(update={"epochs": 1})
    fitted = fit(samples, features, fold(samples), options, Checkpoint(path, other), lambda _: None)

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

    def cut_short(epoch: Epoch) -> None:
        heard.append(epoch)
        raise CutShort

    with pytest.raises(CutShort):
        fit(samples, features, fold(samples), OPTIONS, checkpoint, cut_short)

    assert [epoch.epoch for epoch in heard] == [1]


def test_half_a_checkpoint_changes_nothing(samples: TrainingSamples, features: Features, tmp_path: Path) -> None:
    """The last array is damaged: the layers that would have been restored before it start anew as well."""
    path = tmp_path / "checkpoint.npz"
    checkpoint = Checkpoint(path, fingerprint_of(samples, OPTIONS, "random"))
    fit_until(samples, features, checkpoint, 1)
    with np.load(path) as file:
        arrays = dict(file)
    last = max((name for name in arrays if name.startswith("now-")), key=lambda name: int(name[4:]))
    del arrays[last]
    with path.open("wb") as damaged:
        np.savez(damaged, **arrays)
    inputs, classes = arrays["now-0"].shape
    layers = keras.Sequential([keras.Input((inputs,)), keras.layers.Dense(classes)])
    layers.compile(keras.optimizers.SGD(0.1, 0.9))
    layers.optimizer.build(layers.trainable_variables)
    before = [variable.numpy().copy() for variable in layers.variables]

    assert checkpoint.restore(layers) == ((), [])
    for was, variable in zip(before, layers.variables, strict=True):
        np.testing.assert_array_equal(was, variable.numpy())
