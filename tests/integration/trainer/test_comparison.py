"""A candidate and the served version on the same faces, with real LiteRT networks that tell red from blue."""

from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from familiar.services.trainer.data.split_samples import TrainingSamples, split_by_time
from familiar.services.trainer.judge.comparison import Contender, compare
from familiar.services.trainer.network.litert import to_litert
from familiar.shared.contract.errors import BrokenModel
from familiar.shared.stores.models import LANDMARKS, SERVED_MODEL, ModelStore
from familiar.shared.vision.images import Image
from tests.builders import manifest_of

# TensorFlow 2.21 does not yet know the keyword that NumPy 2 passes to __array__.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)
NO_STRANGERS = np.empty((0, 160, 160, 3), np.uint8)


def plain(colour: tuple[int, int, int], count: int) -> Image:
    """Give model inputs of one colour."""
    return np.full((count, 160, 160, 3), colour, np.uint8)


def network_for(*channels: int, size: int = 160) -> bytes:
    """Make a network whose outputs stand for these channels: 0 for red, 1 for green, 2 for blue."""
    pixels = keras.Input((size, size, 3))
    averages = keras.layers.GlobalAveragePooling2D()(pixels)
    model = keras.Model(pixels, keras.layers.Dense(len(channels), activation="softmax", use_bias=False)(averages))
    model.set_weights([np.eye(3, dtype=np.float32)[:, list(channels)]])
    return to_litert(model)


def publish(store: ModelStore, model: bytes, *people: str, aligned: bool = False) -> int:
    """Publish a version with this network, which takes aligned faces or others."""
    with store.staging_folder() as staging:
        (staging / SERVED_MODEL).write_bytes(model)
        if aligned:
            (staging / LANDMARKS).write_bytes(b"the network that finds landmarks")
        return store.publish(staging, lambda version, files: manifest_of(version, files, people)).version


@pytest.fixture
def store(home: Path) -> ModelStore:
    """Give an empty store."""
    return ModelStore(home)


@pytest.fixture(scope="module")
def samples() -> TrainingSamples:
    """Give Bea, who is blue, and Rob, who is red, with five test samples each."""
    train = {"bea": list(plain(BLUE, 2)), "rob": list(plain(RED, 2))}
    return split_by_time(train, {"bea": list(plain(BLUE, 5)), "rob": list(plain(RED, 5))})


@pytest.fixture(scope="module")
def right() -> Contender:
    """Give a candidate that knows both."""
    return Contender(network_for(2, 0), ("bea", "rob"), 0.5, aligned=False)


@pytest.fixture(scope="module")
def wrong() -> Contender:
    """Give a candidate that takes each for the other."""
    return Contender(network_for(0, 2), ("bea", "rob"), 0.5, aligned=False)


def test_without_a_version_there_is_nothing_to_compare(
    store: ModelStore, samples: TrainingSamples, wrong: Contender
) -> None:
    """The first version is accepted, and says why."""
    gate = compare(store, wrong, samples, NO_STRANGERS, force=False)
    assert (gate.accepted, gate.compared_with) == (True, None)
    assert "no version" in str(gate.reason)


def test_a_worse_candidate_is_refused(
    store: ModelStore, samples: TrainingSamples, right: Contender, wrong: Contender
) -> None:
    """The served network answers for itself, from the store."""
    publish(store, right.model, *right.people)
    gate = compare(store, wrong, samples, NO_STRANGERS, force=False)
    assert (gate.accepted, gate.compared_with) == (False, 1)
    assert "to 100.0% and a wrong one to 0.0%, this one to 0.0% and 100.0%" in str(gate.reason)
    assert compare(store, right, samples, NO_STRANGERS, force=False).accepted


def test_outputs_in_another_order_and_images_of_another_size_are_no_difference(
    store: ModelStore, samples: TrainingSamples, right: Contender
) -> None:
    """Each version names by its own people, and sees the faces at the size that its network takes."""
    publish(store, network_for(0, 2, size=96), "rob", "bea")
    gate = compare(store, right, samples, NO_STRANGERS, force=False)
    assert gate.accepted
    assert gate.served is not None
    assert (gate.served.samples, gate.served.recall) == (10, 1)


def test_only_people_whom_both_know_are_asked_about(
    store: ModelStore, samples: TrainingSamples, right: Contender
) -> None:
    """Gil, who was removed, and Bea, who was added, are no reason, though neither version can name both."""
    publish(store, network_for(1, 0), "gil", "rob")
    gate = compare(store, right, samples, NO_STRANGERS, force=False)
    assert gate.accepted
    assert gate.candidate is not None
    assert (gate.candidate.samples, gate.candidate.recall) == (5, 1)


def test_strangers_are_nobody_to_an_output_beyond_the_people(
    store: ModelStore, samples: TrainingSamples, right: Contender
) -> None:
    """The served version has learned what strangers are, the candidate has not."""
    publish(store, network_for(2, 0, 1), "bea", "rob")
    unsure = Contender(right.model, right.people, 0.4, aligned=False)
    gate = compare(store, unsure, samples, plain(GREEN, 10), force=False)
    assert not gate.accepted
    assert gate.served is not None
    assert gate.candidate is not None
    assert (gate.served.strangers_named, gate.candidate.strangers_named) == (0, 1)


@pytest.mark.parametrize(
    ("aligned", "sentence"),
    [
        (False, "Version 1 takes faces that are not aligned, this one takes aligned ones: "),
        (True, "Version 1 takes aligned faces, this one takes faces that are not aligned: "),
    ],
)
def test_aligned_faces_and_others_are_not_compared(
    store: ModelStore, samples: TrainingSamples, right: Contender, wrong: Contender, *, aligned: bool, sentence: str
) -> None:
    """They are other pictures: even a candidate that is wrong every time is accepted, and the gate says why."""
    publish(store, right.model, *right.people, aligned=aligned)
    gate = compare(store, replace(wrong, aligned=not aligned), samples, NO_STRANGERS, force=False)
    assert (gate.accepted, gate.compared_with, gate.served) == (True, None, None)
    assert gate.reason == f"{sentence}they cannot be compared on the same pictures."
    assert not compare(store, replace(wrong, aligned=aligned), samples, NO_STRANGERS, force=False).accepted


@pytest.mark.parametrize("damage", ["a byte of the model", "the model", "the manifest"])
def test_a_served_version_that_is_broken_is_no_obstacle(
    store: ModelStore, home: Path, samples: TrainingSamples, right: Contender, wrong: Contender, damage: str
) -> None:
    """The gate says what is wrong with it."""
    publish(store, right.model, *right.people)
    folder = home / "models" / "1"
    if damage == "the manifest":
        (folder / "manifest.json").unlink()
    elif damage == "the model":
        (folder / SERVED_MODEL).unlink()
    else:
        (folder / SERVED_MODEL).write_bytes(right.model[:-1])
    gate = compare(store, wrong, samples, NO_STRANGERS, force=False)
    assert (gate.accepted, gate.compared_with) == (True, None)
    assert "Version 1, which was served, cannot be compared with" in str(gate.reason)


@pytest.mark.parametrize("model", [b"no network", pytest.param(None, id="too few outputs")])
def test_a_served_version_whose_network_does_not_fit_is_no_obstacle(
    store: ModelStore, samples: TrainingSamples, right: Contender, model: bytes | None
) -> None:
    """Its files have the right hashes, and it could never be loaded."""
    publish(store, model or network_for(2, 0), "bea", "rob", "gil")
    gate = compare(store, right, samples, NO_STRANGERS, force=False)
    assert gate.accepted
    assert SERVED_MODEL in str(gate.reason)


def test_a_served_version_that_was_just_forgotten_is_no_obstacle(
    store: ModelStore, home: Path, samples: TrainingSamples, right: Contender, wrong: Contender
) -> None:
    """`current` was read, and then its version went."""
    publish(store, right.model, *right.people)
    store.remove_versions_knowing("rob")
    (home / "models" / "current").write_text("1")
    gate = compare(store, wrong, samples, NO_STRANGERS, force=False)
    assert gate.accepted
    assert "no model version 1" in str(gate.reason)


def test_a_candidate_that_cannot_be_loaded_is_an_error(
    store: ModelStore, samples: TrainingSamples, right: Contender
) -> None:
    """It is ours to answer for, and is not published."""
    publish(store, right.model, *right.people)
    with pytest.raises(BrokenModel):
        compare(store, Contender(b"no network", right.people, 0.5, aligned=False), samples, NO_STRANGERS, force=False)
