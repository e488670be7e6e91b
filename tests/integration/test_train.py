"""A training from samples to files, with a real Keras, a real LiteRT and a small MobileNet of random weights."""

from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import cv2
import keras
import numpy as np
import pytest

from services.trainer.export import export, largest_difference
from services.trainer.litert import LiteRTNetwork, to_litert, with_weights
from services.trainer.network import LOGITS, build_network, with_features
from services.trainer.pretrained_weights import load_base
from services.trainer.serving_format import choose_format
from services.trainer.train import Training, train
from services.trainer.training_samples import TrainingSamples, split_by_time
from shared.errors import BrokenExport, WeightsUnavailable
from shared.images import Image
from shared.manifest import ServingFormat
from shared.messages import Epoch, NumberFormat, TrainingOptions
from shared.model_store import KERAS_MODEL, SERVED_MODEL

pytestmark = [
    # TensorFlow 2.21 does not yet know the keyword that NumPy 2 passes to __array__.
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
    # Keras warns of a file of other weights before it fails on it.
    pytest.mark.filterwarnings("ignore:Skipping nested container:UserWarning"),
]

OPTIONS = TrainingOptions(base_width=0.25, epochs=4, seed=3)


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


@pytest.fixture(scope="module")
def trained(samples: TrainingSamples, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """Train once for all tests that only look at what came out."""
    return run(samples, OPTIONS, tmp_path_factory.mktemp("versions") / "1")


@pytest.fixture(scope="module")
def network(samples: TrainingSamples) -> keras.Model:
    """Build a whole network that was never trained."""
    base, _ = load_base("random", 0.25, samples.train_images)
    return build_network(base, people=2, classes=3)


def test_every_epoch_is_told_of_when_it_is_over(trained: Trained) -> None:
    """What was told on the way is the history."""
    assert tuple(trained.heard) == trained.training.history
    assert [epoch.epoch for epoch in trained.heard] == [1, 2, 3, 4]
    assert {epoch.epochs for epoch in trained.heard} == {4}


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
    assert 0.5 <= trained.training.threshold < 1
    assert trained.training.recall == (1, 1)


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
    assert [layer.name for layer in layers if layer.trainable and layer.parameters] == ["logits"]
    assert (
        sum(layer.parameters for layer in layers)
        == keras.saving.load_model(trained.folder / KERAS_MODEL).count_params()
    )


def test_random_weights_still_tell_pictures_apart(network: keras.Model, samples: TrainingSamples) -> None:
    """With measured statistics the features differ from picture to picture, and are not about 1e-20."""
    _, features = with_features(network).predict_on_batch(samples.test_images.astype(np.float32))

    assert features.std(axis=0).mean() > 1e-3


def test_a_network_with_operators_that_litert_lacks_is_a_broken_export() -> None:
    """It fails while converting, not while somebody waits for an answer."""
    pixels = keras.Input((160, 160, 3))
    unknown_to_litert = keras.Model(pixels, keras.ops.erfinv(pixels))

    with pytest.raises(BrokenExport, match="cannot be converted"):
        to_litert(unknown_to_litert)


def test_a_converted_network_takes_other_weights(network: keras.Model, samples: TrainingSamples) -> None:
    """It answers as Keras does with these, and no longer gives the features."""
    face = samples.test_images[0]
    layer = network.get_layer(LOGITS)
    before = layer.get_weights()
    kernel, bias = (np.random.default_rng(1).normal(size=weights.shape).astype(np.float32) for weights in before)
    converted = to_litert(with_features(network))
    layer.set_weights([kernel, bias])
    probabilities, features = with_features(network).predict_on_batch(face[np.newaxis].astype(np.float32))
    layer.set_weights(before)

    served = with_weights(converted, kernel, bias)

    np.testing.assert_allclose(LiteRTNetwork(served)(face), probabilities[0], atol=1e-4)
    assert np.abs(LiteRTNetwork(converted)(face) - probabilities[0]).max() > 1e-3
    np.testing.assert_allclose(LiteRTNetwork(converted, output=1)(face), features[0], atol=1e-3)
    with pytest.raises(IndexError):
        LiteRTNetwork(served, output=1)


def test_weights_that_do_not_fit_are_a_broken_export(network: keras.Model) -> None:
    """Nothing is published that does not hold what was learned."""
    kernel, bias = network.get_layer(LOGITS).get_weights()

    with pytest.raises(BrokenExport, match="no place"):
        with_weights(to_litert(network), kernel[:, :2], bias[:2])


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
    options = OPTIONS.model_copy(update={"serving": NumberFormat.INT8})
    trained = run(samples, options, tmp_path / "5")
    served = (trained.folder / SERVED_MODEL).read_bytes()
    names = [int(LiteRTNetwork(served)(image).argmax()) for image in samples.test_images]

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
