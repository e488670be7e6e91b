"""A model version whose people are colours: a real LiteRT network that knows Rob, who is red, and Bea, who is blue."""

import keras
import numpy as np

from familiar.services.trainer.network.litert import to_litert
from familiar.shared.stores.models import LANDMARKS, SERVED_MODEL, ModelStore
from tests.builders import manifest_of
from tests.colour_crops import SIDE

# So much redder than blue is e times as likely Rob as Bea.
SHADE = 20.0
PEOPLE = ("bea", "rob")


def publish_colours(
    store: ModelStore,
    side: int = SIDE,
    landmarks: bytes | None = None,
    track_threshold: float | None = None,
    people: tuple[str, str] = PEOPLE,
) -> int:
    """Publish the version, and give its number; who is green is nobody of its `people`, of whom the first is blue.

    It takes faces of `side` pixels, with the network `landmarks` aligned ones.
    """
    pixels = keras.Input((side, side, 3))
    averages = keras.layers.GlobalAveragePooling2D()(pixels)
    shares = keras.layers.Dense(3, activation="softmax", use_bias=False)(averages)
    model = keras.Model(pixels, shares[:, :2])
    # From RGB to blue, red and green.
    model.set_weights([np.eye(3, dtype=np.float32)[:, [2, 0, 1]] / SHADE])
    with store.staging_folder() as staging:
        (staging / SERVED_MODEL).write_bytes(to_litert(model))
        if landmarks is not None:
            (staging / LANDMARKS).write_bytes(landmarks)
        return store.publish(
            staging,
            lambda version, files: manifest_of(version, files, people).model_copy(
                update={"track_threshold": track_threshold}
            ),
        ).version
