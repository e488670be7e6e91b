"""The same LiteRT network behind LitServe, whose workers are processes.

python -m benchmarks.serving.litserve_service VERSION_FOLDER --port PORT --kind crop

`decode_request`, `predict` and `encode_response` run in a worker, one request at a time. There is one worker per core,
as LitServe advises, and by its default as many HTTP servers; fewer of either, and its `fast_queue`, were no faster.
"""

import argparse
import os
from pathlib import Path
from typing import Annotated

import litserve
from fastapi import Body

from benchmarks.bare_model import BareModel, Confidences, decode
from familiar.shared.vision.images import Image

Picture = Annotated[bytes, Body(media_type="image/jpeg")]
Named = dict[str, float]


class CropAPI(litserve.LitAPI):  # type: ignore[misc]  # LitServe has no types
    """An API that names the face of a crop."""

    def __init__(self, version: Path) -> None:
        """Take the folder of a version, which each worker loads in `setup`."""
        super().__init__()
        self._version = version

    def setup(self, device: str) -> None:  # noqa: ARG002 - LitServe's signature
        """Load the network in a worker."""
        self.model = BareModel(self._version)

    def decode_request(self, request: Picture) -> Image:
        """Decode the picture."""
        return decode(request)

    def predict(self, image: Image) -> list[Confidences]:
        """Return the probabilities for the one face."""
        return [self.model.classify(image)]

    def encode_response(self, answers: list[Confidences]) -> list[Named]:
        """Return the likeliest person of each face."""
        return [{"person": int(answer.argmax()), "confidence": float(answer.max())} for answer in answers]


class PictureAPI(CropAPI):
    """An API that names every face of a picture."""

    def predict(self, image: Image) -> list[Confidences]:
        """Return the probabilities for each detected face."""
        return self.model.answer_image(image)


APIS = {"crop": CropAPI, "picture": PictureAPI}


def main() -> None:
    """Serve one kind of request."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.serving.litserve_service", description="Names faces.")
    parser.add_argument("version", type=Path, help="the folder of a model version")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--kind", choices=APIS, required=True)
    options = parser.parse_args()
    api = APIS[options.kind](options.version)
    server = litserve.LitServer(api, accelerator="cpu", workers_per_device=os.cpu_count() or 1)
    server.run(host="127.0.0.1", port=options.port, generate_client_file=False, log_level="warning")


if __name__ == "__main__":
    main()
