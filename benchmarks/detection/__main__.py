"""Live detection beside a notebook's loop and beside a search of every whole frame, on the same frames.

    python -m benchmarks.detection --video FILE...

prints a table and, last, one line of JSON for all files together.
"""

import argparse
import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np

from benchmarks.detection.figures import Boxes, Figures, add_up, compare
from benchmarks.progress import tell
from benchmarks.usual_detector import PlainDetector
from familiar.services.extractor.live.detector import LiveDetector, compiled_searches
from familiar.services.extractor.live.parallel_search import PyramidSearches
from familiar.shared.contract.errors import SourceFailed
from familiar.shared.vision.detector import HaarDetector
from familiar.shared.vision.images import Image

FULL = "full"
NOTEBOOK = "notebook"
FAMILIAR = "familiar"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run all three on each video, and print a table and a line of JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.detection", description=__doc__)
    parser.add_argument("--video", type=Path, nargs="+", required=True, help="videos of faces")
    parser.add_argument("--most-frames", type=int, default=None, help="look at no more frames of each video")
    options = parser.parse_args(arguments)
    of_all: dict[str, list[Figures]] = defaultdict(list)
    print(f"{'':34} {'ms a frame':>10} {'speedup':>8} {'found':>6} {'held':>6} {'extra':>6} {'alone':>6}")
    searches = compiled_searches()
    for video in options.video:
        figures = _run(video, searches, options.most_frames)
        _print(video.name, figures)
        for name, one in figures.items():
            of_all[name].append(one)
    total = {name: add_up(figures) for name, figures in of_all.items()}
    _print("all", total)
    print(json.dumps({name: one.described(total[NOTEBOOK]) for name, one in total.items()}))
    return 0


def _run(video: Path, searches: PyramidSearches, most_frames: int | None) -> dict[str, Figures]:
    """Run each detector over the whole video by itself; reading the video is not timed."""
    full = _look(video, HaarDetector().detect, most_frames)
    notebook = _look(video, PlainDetector().detect, most_frames)
    familiar = _look(video, LiveDetector(searches).detect, most_frames)
    everyone = {FULL: full, NOTEBOOK: notebook, FAMILIAR: familiar}
    return {name: compare(boxes, full[0], seconds) for name, (boxes, seconds) in everyone.items()}


def _look(video: Path, detect: Callable[[Image], Boxes], most_frames: int | None) -> tuple[list[Boxes], float]:
    tell(f"{video.name} ...")
    found, seconds = [], 0.0
    for image in _images(video, most_frames):
        started = time.perf_counter()
        found.append(detect(image))
        seconds += time.perf_counter() - started
    return found, seconds


def _images(video: Path, most_frames: int | None) -> Iterator[Image]:
    # With several threads, FFmpeg would decode ahead while the detectors are timed.
    capture = cv2.VideoCapture(str(video), cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
    read, image = capture.read()
    if not read:
        raise SourceFailed(f"{str(video)!r} does not decode as a video. Check the path.")
    frames = 0
    while read and (most_frames is None or frames < most_frames):
        yield image.astype(np.uint8, copy=False)
        frames += 1
        read, image = capture.read()


def _print(title: str, figures: dict[str, Figures]) -> None:
    for name, one in figures.items():
        told = one.described(figures[NOTEBOOK])
        print(
            f"{title[:24]:24} {name:9} {told['milliseconds']:10.1f} {told['speedup']:8.1f} {told['found']:6.3f} "
            f"{told['held_found']:6.3f} {told['extra']:6} {told['alone']:6}"
        )


if __name__ == "__main__":
    raise SystemExit(main())
