"""Pictures, from their bytes to a named face: what HTTP, the WebSocket and the trainer do with one."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from hypothesis import strategies as st

from familiar.services.capture.synthetic.drawing import draw
from familiar.services.capture.synthetic.looks import person
from familiar.services.inference.model.predict import predict_crop, predict_picture
from familiar.services.inference.model.predictor import load_predictor
from familiar.shared.stores.models import ModelStore
from familiar.shared.stores.sample_origin import read_origin, with_origin
from familiar.shared.vision.detector import HaarDetector
from familiar.shared.vision.images import check_picture, decode_image, encode_jpeg
from familiar.shared.vision.jpeg import is_bare_jpeg
from tests.builders import origin
from tests.fuzzing.door import Door, Outcome, outcome_of
from tests.fuzzing.ground import Ground
from tests.pictures import OF_ALL_KINDS, damaged, of_many_scans

_DRAWN = draw(person("zoe"), 5)[::2, ::2].copy()
# A face, one that fills the picture, a thin one, one of many scans, and a sample with its origin.
_WITH_CONTENT = (
    encode_jpeg(_DRAWN),
    encode_jpeg(_DRAWN[40:200, 80:240]),
    encode_jpeg(np.zeros((2, 300, 3), np.uint8)),
    of_many_scans(32, 32, 200),
    with_origin(encode_jpeg(_DRAWN[:64, :64]), origin(1)),
)


@contextmanager
def open_door(ground: Ground) -> Iterator[Door]:
    """Name the faces of pictures with the taught version."""
    predictor = load_predictor(ModelStore(ground.home()), 2)
    detector = HaarDetector()

    def name_faces(data: bytes) -> None:
        # What reads files of unknown bytes, and never refuses.
        read_origin(data)
        is_bare_jpeg(data)
        header = check_picture(data)
        image = decode_image(data)
        if image.shape[0] * image.shape[1] != header.width * header.height:
            raise AssertionError(f"decoded {image.shape}, announced {header.width} x {header.height}")
        predict_crop(data, predictor)
        predict_picture(data, detector, predictor)

    def send(data: bytes) -> list[Outcome]:
        return [outcome_of(lambda: name_faces(data))]

    whole = st.sampled_from([*OF_ALL_KINDS, *_WITH_CONTENT])
    yield Door(damaged(whole) | st.binary(max_size=64), send)
