"""Golden samples: a version that answers otherwise than when it was trained is not served."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import redis

from familiar.services.inference.model.predictor import load_predictor
from familiar.services.inference.model.reload import ModelWatcher, ServedModel
from familiar.shared.contract.errors import BrokenModel
from familiar.shared.contract.manifest import GoldenSample
from familiar.shared.stores.models import SERVED_MODEL, ModelStore
from familiar.shared.vision.images import decode_image, encode_png
from tests.builders import manifest_of
from tests.colour_crops import RED, crop_of
from tests.colour_model import PEOPLE, publish_colours

# TensorFlow 2.21 does not yet know the keyword that NumPy 2 passes to __array__.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

Publish = Callable[[Sequence[float]], int]


@pytest.fixture
def models(home: Path) -> ModelStore:
    """Give a store with version 1, which knows colours."""
    models = ModelStore(home)
    publish_colours(models)
    return models


@pytest.fixture
def publish(models: ModelStore) -> Publish:
    """Give what publishes the same network again, with these answers to a red face."""
    model = models.open(1).paths[SERVED_MODEL].read_bytes()

    def publish_with(confidences: Sequence[float]) -> int:
        golden = (GoldenSample(file="golden-1.png", confidences=tuple(confidences)),)
        with models.staging_folder() as staging:
            (staging / SERVED_MODEL).write_bytes(model)
            (staging / "golden-1.png").write_bytes(encode_png(decode_image(crop_of(RED))))
            manifest = models.publish(
                staging,
                lambda version, files: manifest_of(version, files, PEOPLE).model_copy(update={"golden": golden}),
            )
        return manifest.version

    return publish_with


def test_a_version_that_answers_as_it_did_is_loaded(models: ModelStore, publish: Publish) -> None:
    """To within a hundredth."""
    (answer,) = load_predictor(models, 1).confidences([decode_image(crop_of(RED))])
    version = publish([float(confidence) + 0.005 for confidence in answer])
    assert load_predictor(models, version).version == 2


@pytest.mark.parametrize(
    ("confidences", "reason"),
    [
        ((0.9, 0.1), r"answers to golden-1\.png otherwise than when it was trained: a confidence differs by 0\.9"),
        ((0.0, 0.5, 0.5), "have answers for other people"),
    ],
)
def test_a_version_that_answers_otherwise_leaves_the_old_one_serving(
    models: ModelStore, publish: Publish, client: redis.Redis, confidences: Sequence[float], reason: str
) -> None:
    """It is shown as failed, with the reason."""
    watcher = ModelWatcher(client, models, ServedModel(models))
    watcher.poll()
    version = publish(confidences)
    with pytest.raises(BrokenModel, match=reason):
        load_predictor(models, version)
    watcher.poll()
    assert (watcher.served.version, set(watcher.failures), watcher.loading) == (1, {version}, None)


def test_a_golden_sample_that_is_missing_is_named(models: ModelStore, publish: Publish, home: Path) -> None:
    """Like any other file of a version."""
    version = publish((0.0, 1.0))
    (home / "models" / str(version) / "golden-1.png").unlink()
    with pytest.raises(BrokenModel, match=r"golden-1\.png of model version 2 is missing"):
        load_predictor(models, version)


def test_the_old_version_retires_until_its_last_reader_is_done(models: ModelStore, client: redis.Redis) -> None:
    """And is let go then."""
    watcher = ModelWatcher(client, models, ServedModel(models))
    watcher.poll()
    taken = watcher.served.get()
    publish_colours(models)
    watcher.poll()
    assert (watcher.served.version, watcher.served.retiring) == (2, frozenset({1}))
    assert taken.version == 1
    del taken
    assert watcher.served.retiring == set()
