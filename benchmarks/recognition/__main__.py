"""Benchmark of recognition and of the rejection of strangers: Familiar and the recipes of others.

python -m benchmarks.recognition (--people DIR [DIR ...] | --sessions DIR) --strangers DIR --learned-strangers DIR

All recipes train and are tested on the same faces. A track is 10 consecutive faces of one clip or session, over which
probabilities are averaged; a picture of a stranger is a track of its own.

Each DIR of people holds a folder of pictures or clips for each person. In every fold one person is left out, as a
stranger before the same camera; the others are enrolled with one half of their faces and tested with the other.

With sessions (see `session_folders`) people are enrolled in all sessions but the last, and tested in the last; and in
a second experiment, if anybody has three or more, they are enrolled in the first only. People with one session are
same-camera strangers; without any, every fourth person is left out in turn.

accuracy                 known faces whose likeliest person is right
accuracy_all             the same with nobody left out
recall                   known faces that are given their own name
recall_at_1_percent      the same at the lowest threshold that at most 1 % of the same-camera strangers' faces in all
                         folds pass: the difference between both is due to the threshold
false_name_same_camera   faces of the same-camera strangers, from all halves or sessions, that are given a name; the
                         strangers are truly same-camera only where all people were before one camera
false_name_strangers     strangers' faces that are given a name
calibration_error        the expected calibration error of the likeliest person's probability, over known faces and
                         same-camera strangers, with half of the weight each; a stranger's likeliest person is wrong

Each is a mean over the seeds, with the worst seed and the worst person (for false_name_strangers: the one whose
name is given most often).
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.face_reader import FaceReader
from benchmarks.progress import silence_tensorflow, tell
from benchmarks.recognition.gallery import CropRow, Gallery, read_strangers
from benchmarks.recognition.halves_experiment import read_halves
from benchmarks.recognition.report import as_json, print_tables
from benchmarks.recognition.run_recipes import RECIPES, RunOptions, run_recipes
from benchmarks.recognition.session_experiments import read_sessions
from familiar.shared.contract.errors import FamiliarError

TRAINING_EPOCHS = 10


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the faces, run all recipes, and print tables and a line of JSON."""
    options = _parse(arguments)
    silence_tensorflow()
    started = time.monotonic()
    try:
        with FaceReader() as reader:
            gallery = _read(options, reader)
        how = RunOptions(options.weights, options.epochs, options.seeds, options.folds)
        rates = run_recipes(options.only, gallery, how)
    except FamiliarError as error:
        tell(error.detail)
        return 1
    print_tables(rates)
    seconds = round(time.monotonic() - started, 1)
    print(json.dumps({**_describe(gallery, options), "seconds": seconds, **as_json(rates)}))
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.recognition", description="Compares recognition.")
    known = parser.add_mutually_exclusive_group(required=True)
    known.add_argument("--people", type=Path, nargs="+", help="folders with a folder for each person")
    known.add_argument("--sessions", type=Path, help="a folder with a folder for each person, with several sessions")
    parser.add_argument(
        "--same-session", nargs="+", type=_pair, default=[], metavar="NAME=OTHER", help="sessions that belong together"
    )
    parser.add_argument("--samples", type=int, help="enrolled samples of a person, at most; spread over all there are")
    parser.add_argument("--strangers", type=Path, required=True, help="a folder of strangers to test with")
    parser.add_argument(
        "--learned-strangers", type=Path, required=True, help="a folder of strangers to learn; may be the same"
    )
    parser.add_argument("--weights", default="imagenet", help="of MobileNet: imagenet, a file, or random for all")
    parser.add_argument("--seeds", type=int, default=3, help="how often everything is trained")
    parser.add_argument("--folds", type=int, help="how many people or groups are left out in turn, the first by name")
    parser.add_argument("--epochs", type=int, default=TRAINING_EPOCHS, help="of Familiar and the notebook recipe")
    parser.add_argument("--only", nargs="+", choices=RECIPES, default=RECIPES, help="the recipes to run")
    return parser.parse_args(arguments)


def _pair(text: str) -> tuple[str, str]:
    name, equals, other = text.partition("=")
    if not (name and equals and other):
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=OTHER")
    return name, other


def _read(options: argparse.Namespace, reader: FaceReader) -> Gallery:
    row = CropRow()
    if options.sessions:
        same = dict(options.same_session)
        experiments, left_out = read_sessions(options.sessions, same, options.samples, reader, row)
    else:
        experiments, left_out = read_halves(options.people, options.samples, reader, row)
    strangers, learned_strangers = read_strangers(options.strangers, options.learned_strangers, reader, row)
    return Gallery(tuple(row.crops), experiments, strangers, learned_strangers, left_out)


def _describe(gallery: Gallery, options: argparse.Namespace) -> dict[str, object]:
    return {
        "benchmark": "recognition",
        "people": {experiment.title: len(experiment.people) for experiment in gallery.experiments},
        "left_out": list(gallery.left_out),
        "strangers": sum(map(len, gallery.strangers)),
        "learned_strangers": len(gallery.learned_strangers),
        "samples": options.samples,
        "seeds": options.seeds,
        "folds": {experiment.title: len(experiment.folds[: options.folds]) for experiment in gallery.experiments},
        "epochs": options.epochs,
    }


if __name__ == "__main__":
    sys.exit(main())
