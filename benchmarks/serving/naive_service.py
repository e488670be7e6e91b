"""The service of a typical tutorial: FastAPI, the Haar cascade and Keras' `model.predict`.

python -m benchmarks.serving.naive_service VERSION_FOLDER --port PORT

It uses the network of `model.keras`, with the same crops and model inputs as Familiar.
"""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import cv2
import keras
import numpy as np
import uvicorn
from fastapi import Body, FastAPI

from benchmarks.model_input import model_input_of
from benchmarks.usual_detector import PlainDetector
from familiar.shared.vision.images import Image, cut_face

Picture = Annotated[bytes, Body(media_type="image/jpeg")]
Named = dict[str, float]


def create_app(model: keras.Model, to_model_input: Callable[[Image], Image]) -> FastAPI:
    """Create the application; FastAPI runs its routes in up to 40 threads."""
    app = FastAPI()

    def decode(picture: bytes) -> Image:
        image = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR)
        if image is None:
            raise ValueError("This is no picture.")
        return image.astype(np.uint8, copy=False)

    def name(crop: Image) -> Named:
        (confidences,) = model.predict(to_model_input(crop)[np.newaxis], verbose=0)
        return {"person": int(confidences.argmax()), "confidence": float(confidences.max())}

    @app.post("/crop")
    def name_crop(picture: Picture) -> Named:
        """Name the face of a crop."""
        return name(decode(picture))

    @app.post("/picture")
    def name_faces(picture: Picture) -> list[Named]:
        """Name every face of a picture."""
        image = decode(picture)
        # A cascade is not thread-safe, so each request loads its own.
        return [name(cut_face(image, box)) for box in PlainDetector().detect(image)]

    return app


def main() -> None:
    """Load the network, and serve it."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.serving.naive_service", description="Names faces, naively."
    )
    parser.add_argument("version", type=Path, help="the folder of a model version")
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    model = keras.saving.load_model(options.version / "model.keras", compile=False)
    uvicorn.run(create_app(model, model_input_of(options.version)), port=options.port, log_level="warning")


if __name__ == "__main__":
    main()
