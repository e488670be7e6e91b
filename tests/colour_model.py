"""A model version whose people are colours: a real LiteRT network that knows Rob, who is red, and Bea, who is blue."""

import keras
import numpy as np

from services.trainer.litert import to_litert
from shared.model_store import SERVED_MODEL, ModelStore
from tests.builders import manifest_of
from tests.colour_crops import SIDE

# So much redder than blue is e times as likely Rob as Bea.
SHADE = 20.0
PEOPLE = ("bea", "rob")


def publish_colours(store: ModelStore) -> int:
    """Publish the version, and give its number; who is green is nobody of its people."""
    pixels = keras.Input((SIDE, SIDE, 3))
    averages = keras.layers.GlobalAveragePooling2D()(pixels)
    shares = keras.layers.Dense(3, activation="softmax", use_bias=False)(averages)
    model = keras.Model(pixels, shares[:, :2])
    # From RGB to blue, red and green.
    model.set_weights([np.eye(3, dtype=np.float32)[:, [2, 0, 1]] / SHADE])
    with store.staging_folder() as staging:
        (staging / SERVED_MODEL).write_bytes(to_litert(model))
        return store.publish(staging, lambda version, files: manifest_of(version, files, PEOPLE)).version
