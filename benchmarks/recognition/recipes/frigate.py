"""The recipe of Frigate's trainer for custom classification: a frozen MobileNetV2, one dense layer, no augmentation.

After `frigate/util/classification.py` of https://github.com/blakeblackshear/frigate, with advantages over it:
MobileNetV2 of full width instead of 0.35, all faces instead of four fifths, and no quantisation; and with batches of 32
instead of 16. Pixels are scaled to 0..1, as there.
"""

import keras
import numpy as np

from benchmarks.progress import tell
from benchmarks.recognition.gallery import Gallery
from benchmarks.recognition.pooled_features import PooledFeatures, load_frozen
from benchmarks.recognition.recipe import Enrolled, Recognizer, joined

EPOCHS = 50
BATCH_SIZE = 32
LEARNING_RATE = 1e-3
DENSE_UNITS = 128
DROPOUT = 0.3
THRESHOLD = 0.8


class FrigateRecipe:
    """The recipe on the faces of a gallery.

    The base is frozen and nothing is augmented, so its features are computed once for all trainings.
    """

    def __init__(self, gallery: Gallery, weights: str, epochs: int) -> None:
        """Compute the features of all faces; `weights` are `imagenet` or `random`."""
        tell(f"frigate: {len(gallery.crops)} faces through MobileNetV2")
        base = load_frozen(keras.applications.MobileNetV2, weights, pooled=True)
        self._features = PooledFeatures(base, keras.layers.Rescaling(1 / 255))(gallery.crops)
        self._epochs = epochs

    def teach(self, enrolled: Enrolled, seed: int) -> Recognizer:
        """Train new layers, and use those of the last epoch."""
        keras.utils.set_random_seed(seed)
        head = keras.Sequential(
            [
                keras.Input(self._features.shape[1:]),
                keras.layers.Dense(DENSE_UNITS, activation="relu"),
                keras.layers.Dropout(DROPOUT),
                keras.layers.Dense(len(enrolled), activation="softmax"),
            ]
        )
        head.compile(keras.optimizers.Adam(LEARNING_RATE), "sparse_categorical_crossentropy")
        people = list(joined(enrolled).values())
        labels = np.repeat(np.arange(len(people)), [len(indexes) for indexes in people])
        learned = self._features[np.concatenate(people)]
        head.fit(learned, labels, BATCH_SIZE, self._epochs, verbose=0)
        return Recognizer(lambda indexes: np.asarray(head(self._features[indexes], training=False)), THRESHOLD)
