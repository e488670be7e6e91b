"""The Haar cascade beside YuNet on pictures of one person each: pictures without a box, and boxes that only one has.

    python -m benchmarks.detection.haar_beside_yunet --yunet FILE --pictures DIR...

prints a table with a line for each folder and detector and, last, one line of JSON. A box is *shared* where the other
detector has one in the same place (IoU 0.3). What only Haar has is nearly always no face, what only YuNet has is often
a turned one: look at them before you believe either.
"""

import argparse
import json
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from benchmarks.face_reader import images_of
from benchmarks.progress import tell
from familiar.services.extractor.tracks import overlap
from familiar.shared.contract.messages import Box
from familiar.shared.vision.detector import HaarDetector, YunetDetector
from familiar.shared.vision.images import Image
from familiar.shared.vision.picture_files import pictures_in

SAME_PLACE = 0.3
COUNTS = ("pictures", "none", "one", "several", "boxes", "shared", "milliseconds")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run both detectors on all pictures of each folder, and print a table and a line of JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.detection.haar_beside_yunet", description=__doc__)
    parser.add_argument("--yunet", type=Path, required=True, help="the file of a YuNet model")
    parser.add_argument(
        "--pictures", type=Path, nargs="+", required=True, help="folders of pictures, or of such folders"
    )
    options = parser.parse_args(arguments)
    yunet, haar = YunetDetector(options.yunet), HaarDetector()
    print(f"{'':30}" + "".join(f" {name:>12}" for name in COUNTS))
    told = {}
    for folder in options.pictures:
        counts = _search(folder, haar, yunet)
        told[folder.name] = counts
        for name, one in counts.items():
            print(f"{folder.name[:20]:20} {name:9}" + "".join(f" {one[key]:12}" for key in COUNTS))
    print(json.dumps(told))
    return 0


def _search(folder: Path, haar: HaarDetector, yunet: YunetDetector) -> dict[str, Counter[str]]:
    counts = {"haar": Counter[str](), "yunet": Counter[str]()}
    for path in sorted({path for one in (folder, *folder.rglob("*/")) for path in pictures_in(one)}):
        for image in images_of([path]):
            found = {"haar": _timed(haar, image, counts["haar"]), "yunet": _timed(yunet, image, counts["yunet"])}
            _count(counts["haar"], found["haar"], found["yunet"])
            _count(counts["yunet"], found["yunet"], found["haar"])
    tell(f"{folder.name} ...")
    for one in counts.values():
        one["milliseconds"] = round(one.pop("microseconds", 0) / 1000 / max(1, one["pictures"]))
    return counts


def _timed(detector: HaarDetector | YunetDetector, image: Image, counts: Counter[str]) -> list[Box]:
    started = time.perf_counter()
    boxes = detector.detect(image)
    counts["microseconds"] += round((time.perf_counter() - started) * 1e6)
    return boxes


def _count(counts: Counter[str], boxes: Sequence[Box], others: Sequence[Box]) -> None:
    counts["pictures"] += 1
    counts["none" if not boxes else "one" if len(boxes) == 1 else "several"] += 1
    counts["boxes"] += len(boxes)
    counts["shared"] += sum(any(overlap(box, other) >= SAME_PLACE for other in others) for box in boxes)


if __name__ == "__main__":
    raise SystemExit(main())
