"""Golden samples: faces with the exported network's answers, to verify a version by wherever it is loaded."""

from pathlib import Path

import cv2

from familiar.services.trainer.network.litert import LiteRTNetwork
from familiar.shared.contract.manifest import GoldenSample
from familiar.shared.vision.images import Image, encode_png

GOLDEN_SAMPLES = 2


def write_golden_samples(images: Image, served: bytes, folder: Path) -> tuple[GoldenSample, ...]:
    """Write some model inputs, RGB, `(n, 160, 160, 3)`, `uint8`, into a version's folder as PNG; return their answers.

    `served` is the version's network for LiteRT, which gives the answers.
    """
    network = LiteRTNetwork(served)
    golden = []
    for number, image in enumerate(images[:: max(1, len(images) // GOLDEN_SAMPLES)][:GOLDEN_SAMPLES], start=1):
        name = f"golden-{number}.png"
        (folder / name).write_bytes(encode_png(cv2.cvtColor(image, cv2.COLOR_RGB2BGR).astype("uint8", copy=False)))
        golden.append(GoldenSample(file=name, confidences=tuple(network(image).tolist())))
    return tuple(golden)
