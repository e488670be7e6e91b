"""The plain notebook recipe: the whole frozen MobileNet, a stack of dense layers, and Keras' augmentation."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np
from numpy.typing import NDArray

from benchmarks.progress import tell
from benchmarks.recognition.experiment import Indexes
from benchmarks.recognition.gallery import Gallery
from benchmarks.recognition.pooled_features import INPUT_SIZE, Features, PooledFeatures, base_input, load_frozen
from benchmarks.recognition.recipe import Enrolled, Recognizer, joined
from familiar.shared.vision.images import Image

VALIDATION_SHARE = 0.1
DENSE_UNITS = (1024, 1024, 512)
BATCH_SIZE = 32
THRESHOLD = 0.5
# Fractions, as in Keras' layers: of the size, of the height, of a full turn (20 degrees).
ZOOM = 0.2
SHEAR = 0.2
ROTATION = 20 / 360


class Examples(NamedTuple):
    """Images, or indices of faces in the gallery, with the indices of their people."""

    inputs: NDArray[np.uint8] | Indexes
    labels: NDArray[np.int64]


class NotebookRecipe:
    """The recipe on the faces of a gallery.

    The base is frozen, so the features of a face do not depend on who else is enrolled. They are computed once per
    seed, epoch and face, with fresh augmentation, and shared by all trainings of the seed, which is equivalent to
    running the base in every training.
    """

    def __init__(self, gallery: Gallery, weights: str, epochs: int) -> None:
        """Compute the features of all faces, without augmentation."""
        self._crops = gallery.crops
        self._weights = weights
        self._epochs = epochs
        self._enrolled = gallery.enrolled
        self._features = _pooled_features(weights)(gallery.crops)
        self._seed = -1
        self._augmented: list[Features] = []

    def teach(self, enrolled: Enrolled, seed: int) -> Recognizer:
        """Train new layers, and keep those of the epoch with the best validation accuracy."""
        self._augment(seed)
        keras.utils.set_random_seed(seed)
        train, validation = _split(joined(enrolled))
        head = _head(self._features.shape[-1], len(enrolled))
        checked = (self._features[validation.inputs], validation.labels)
        best, kept = -1.0, head.get_weights()
        for features in self._augmented:
            learned = features[np.searchsorted(self._enrolled, train.inputs)]
            history = head.fit(learned, train.labels, BATCH_SIZE, validation_data=checked, verbose=0).history
            if history["val_accuracy"][0] > best:
                best, kept = history["val_accuracy"][0], head.get_weights()
        head.set_weights(kept)
        return Recognizer(lambda indexes: np.asarray(head(self._features[indexes], training=False)), THRESHOLD)

    def _augment(self, seed: int) -> None:
        if seed == self._seed:
            return
        keras.utils.set_random_seed(seed)
        compute = _pooled_features(self._weights)
        crops = [self._crops[index] for index in self._enrolled]
        tell(f"notebook: {self._epochs} epochs of {len(crops)} augmented faces through MobileNet")
        self._seed, self._augmented = seed, [compute(crops, augmented=True) for _ in range(self._epochs)]


def fit_notebook(
    train: Mapping[str, Sequence[Image]], weights: str, epochs: int, seed: int, folder: Path
) -> keras.Model:
    """Train the recipe on crops as a notebook does: every epoch runs the whole base over every image.

    Progress is reported by epoch. Returns the network of the epoch with the best validation accuracy, restored from the
    checkpoint in the folder; its input is that of `base_input`.
    """
    keras.utils.set_random_seed(seed)
    kept_back = {name: _validation_count(len(crops)) for name, crops in train.items()}
    learned = _stack([crops[: -kept_back[name]] for name, crops in train.items()])
    checked = _stack([crops[-kept_back[name] :] for name, crops in train.items()])
    base = load_frozen(keras.applications.MobileNet, weights, pooled=False)
    layers = [*_augmentation(), _scaling(), base, keras.layers.GlobalAveragePooling2D(), *_new_layers(len(train))]
    model = keras.Sequential([keras.Input((INPUT_SIZE, INPUT_SIZE, 3)), *layers])
    _compile(model)
    best = folder / "best.weights.h5"
    callbacks = [
        keras.callbacks.ModelCheckpoint(best, "val_accuracy", save_best_only=True, save_weights_only=True),
        keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, _: tell(f"  notebook, epoch {epoch + 1}")),
    ]
    model.fit(*learned, BATCH_SIZE, epochs, validation_data=tuple(checked), verbose=0, callbacks=callbacks)
    model.load_weights(best)
    return model


def _pooled_features(weights: str) -> PooledFeatures:
    base = load_frozen(keras.applications.MobileNet, weights, pooled=True)
    return PooledFeatures(base, _scaling(), keras.Sequential(_augmentation()))


def _scaling() -> keras.Layer:
    """Return the scaling of `keras.applications.mobilenet.preprocess_input` as a layer."""
    return keras.layers.Rescaling(1 / 127.5, offset=-1)


def _augmentation() -> list[keras.Layer]:
    return [
        keras.layers.RandomZoom(ZOOM),
        keras.layers.RandomShear(SHEAR, SHEAR),
        keras.layers.RandomRotation(ROTATION),
    ]


def _new_layers(people: int) -> list[keras.Layer]:
    hidden = [keras.layers.Dense(units, activation="relu") for units in DENSE_UNITS]
    return [*hidden, keras.layers.Dense(people, activation="softmax")]


def _head(channels: int, people: int) -> keras.Model:
    head = keras.Sequential([keras.Input((channels,)), *_new_layers(people)])
    _compile(head)
    return head


def _compile(model: keras.Model) -> None:
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])


def _split(enrolled: Mapping[str, Indexes]) -> tuple[Examples, Examples]:
    """Hold out the last tenth of each person's faces for validation."""
    kept_back = [_validation_count(len(indexes)) for indexes in enrolled.values()]
    parts = list(zip(enrolled.values(), kept_back, strict=True))
    return _label([own[:-last] for own, last in parts]), _label([own[-last:] for own, last in parts])


def _label(by_person: Sequence[Indexes]) -> Examples:
    return Examples(np.concatenate(by_person), np.repeat(np.arange(len(by_person)), [len(own) for own in by_person]))


def _stack(by_person: Sequence[Sequence[Image]]) -> Examples:
    images = np.stack([base_input(crop) for crops in by_person for crop in crops])
    return Examples(images, np.repeat(np.arange(len(by_person)), [len(crops) for crops in by_person]))


def _validation_count(samples: int) -> int:
    """Return the number of a person's last samples held out for validation."""
    return max(1, round(samples * VALIDATION_SHARE))
