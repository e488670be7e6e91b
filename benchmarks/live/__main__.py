"""Benchmark of many cameras at 30 frames a second through the real processes: throughput, latency and cost.

python -m benchmarks.live --video FILE --cameras 4 [--minutes 10]

Redis, capture, extractor, inference and an idle trainer run as in `familiar up`, and each camera plays the film in a
loop. The film is the video, frame by frame, resized and at 30 frames a second; without `--video` a person is drawn. A
frame is taken when capture publishes it, and shed if a newer one arrives before it is processed. Delays are from
capture to prediction. For comparison, the cost of a frame in one loop of one process without Redis is measured:
decoding the film, detection, cropping and naming, without encoding and decoding between processes.
"""

import argparse
import json
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from shlex import quote
from tempfile import TemporaryDirectory

from benchmarks.live.camera_watch import FrameCount, PredictionReader, count_frames
from benchmarks.live.figures import CameraFigures, camera_figures, delays
from benchmarks.live.film import loop_over, write_film
from benchmarks.live.process_watch import ProcessWatch, taken
from benchmarks.live.report import Watched, as_json, print_tables
from benchmarks.pictures import Size, read_pictures
from benchmarks.progress import tell
from benchmarks.trained_version import publish_trained
from familiar.cli.stack.local_stack import LocalSettings, LocalStack, free_port
from familiar.shared.contract import redis_names
from familiar.shared.contract.errors import FamiliarError
from familiar.shared.redis.connection import open_redis
from familiar.shared.redis.stream import dropped_counts

# Until an extractor has compiled its live detection, it searches whole frames.
WARM_UP_SECONDS = 12.0
LOOP_FRAMES = 100

_LOOK_EVERY_SECONDS = 1.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Train a version, watch the cameras, and print tables and a line of JSON."""
    options = _parse(arguments)
    seconds = options.seconds if options.minutes is None else 60 * options.minutes
    try:
        with TemporaryDirectory() as folder:
            home, film = Path(folder), Path(folder) / "film.mp4"
            people = read_pictures(options.people, 1, options.faces).people
            version = publish_trained(home, people, options.weights, options.epochs)
            write_film(options.video, film, options.size)
            tell(f"{LOOP_FRAMES} frames in one loop")
            loop = loop_over(film, version, LOOP_FRAMES)
            cameras = [f"camera-{number}" for number in range(1, options.cameras + 1)]
            sources = " ".join(f"{camera}={quote(f'{film}#loop')}" for camera in cameras)
            settings = LocalSettings(home, free_port(), free_port(), redis_url=None, cameras=sources)
            with LocalStack(settings) as stack:
                tell(f"{len(cameras)} cameras for {seconds:.0f} s")
                watched = _watch(stack, cameras, seconds)
    except FamiliarError as error:
        tell(error.detail)
        return 1
    print_tables(watched, loop)
    print(json.dumps(as_json(watched, loop, seconds)))
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.live", description="Watches many cameras.")
    parser.add_argument("--video", type=Path, help="what the cameras play; somebody is drawn without")
    parser.add_argument("--cameras", type=int, default=4)
    parser.add_argument("--size", type=_size, default="640x480", help="width and height of the cameras' pictures")
    duration = parser.add_mutually_exclusive_group()
    duration.add_argument("--seconds", type=float, default=30.0)
    duration.add_argument("--minutes", type=float, help="instead, for a long run")
    parser.add_argument("--people", type=Path, help="a folder with a folder or a clip for each person; drawn without")
    parser.add_argument("--weights", default="random", help="of MobileNet: imagenet, a file, or random")
    parser.add_argument("--faces", type=int, default=8, help="train samples of a person")
    parser.add_argument("--epochs", type=int, default=1)
    return parser.parse_args(arguments)


def _size(text: str) -> Size:
    width, height = text.split("x")
    return int(width), int(height)


def _watch(stack: LocalStack, cameras: Sequence[str], seconds: float) -> Watched:
    with open_redis(stack.settings.used_redis_url) as client:
        time.sleep(WARM_UP_SECONDS)
        before = count_frames(client, cameras)
        predictions, processes = PredictionReader(client), ProcessWatch(stack.supervisor_pid)
        shed_before = dropped_counts(client).get(redis_names.FACES, 0)
        until = time.monotonic() + seconds
        processes.look()
        while time.monotonic() < until:
            time.sleep(_LOOK_EVERY_SECONDS)
            predictions.read()
            processes.look()
        after = count_frames(client, cameras)
        faces_shed = dropped_counts(client).get(redis_names.FACES, 0) - shed_before
    return Watched(
        _cameras(before, after, predictions),
        delays(predictions.delays_ms),
        {name: taken(looks) for name, looks in processes.looks.items()},
        faces_shed,
    )


def _cameras(
    before: Mapping[str, FrameCount], after: Mapping[str, FrameCount], predictions: PredictionReader
) -> Mapping[str, CameraFigures]:
    return {
        camera: camera_figures(count, after[camera], len(predictions.delays_ms[camera]))
        for camera, count in before.items()
    }


if __name__ == "__main__":
    sys.exit(main())
