"""Golden samples: faces with the answers that the exported network gave, so that whoever serves it can compare."""

from pathlib import Path

import cv2

from familiar.services.trainer.network.litert import LiteRTNetwork
from familiar.shared.contract.manifest import GoldenSample
from familiar.shared.vision.images import Image, encode_png

GOLDEN_SAMPLES = 2


def write_golden_samples(images: Image, served: bytes, folder: Path) -> tuple[GoldenSample, ...]:
    """Write some of the model inputs, RGB, `(n, 160, 160, 3)`, `uint8`, into the folder of a version, as PNG.

    `served` is the version's network for LiteRT, and answers here.
    """
    network = LiteRTNetwork(served)
    golden = []
    for number, image in enumerate(images[:: max(1, len(images) // GOLDEN_SAMPLES)][:GOLDEN_SAMPLES], start=1):
        name = f"golden-{number}.png"
        (folder / name).write_bytes(encode_png(cv2.cvtColor(image, cv2.COLOR_RGB2BGR).astype("uint8", copy=False)))
        golden.append(GoldenSample(file=name, confidences=tuple(network(image).tolist())))
    return tuple(golden)
