"""Benchmark of training: time and accuracy of Familiar's trainer and of the plain notebook recipe.

python -m benchmarks.training --people DIR [--learned-strangers DIR] [--weights PATH]

DIR holds a folder of pictures or clips for each person. The earliest faces of each train, and the following ones test.
Both recipes get the same faces and run one after the other. Familiar's time covers its whole training: loading
MobileNet, computing features, fitting, evaluating, exporting and comparing both files. The notebook's covers loading,
fitting and checkpointing. Familiar runs first, and so pays for TensorFlow's one-time initialisation. Latency is the
median for one face, of the file that Familiar serves and of the notebook's `predict`.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.face_reader import FaceReader
from benchmarks.halves import train_and_test_counts
from benchmarks.people_folders import people_in, strangers_in
from benchmarks.progress import silence_tensorflow, tell
from benchmarks.recognition.pooled_features import base_input
from benchmarks.recognition.recipes.familiar import teach_familiar
from benchmarks.recognition.recipes.notebook import fit_notebook
from familiar.services.trainer.data.split_samples import split_by_time
from familiar.services.trainer.data.split_strangers import split_strangers
from familiar.services.trainer.network.landmarks import open_input, read_landmarks
from familiar.shared.contract.errors import FamiliarError
from familiar.shared.contract.messages import Base, NumberFormat, TrainingOptions
from familiar.shared.vision.images import Image

Crops = Mapping[str, Sequence[Image]]


@dataclass(frozen=True)
class Result:
    """The training time of a recipe, the share of test faces whose likeliest person is right, and the latency."""

    seconds: float
    test_accuracy: float
    answer_ms: float


@dataclass(frozen=True)
class Material:
    """The crops for both recipes; people are sorted by name."""

    train: Crops
    test: Crops
    strangers: Sequence[Image]


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the faces, train both recipes, and print a table and a line of JSON."""
    options = _parse(arguments)
    silence_tensorflow()
    try:
        with FaceReader() as reader:
            material = _read(options, reader)
        familiar = _time_familiar(material, options)
        notebook = _time_notebook(material, options)
    except FamiliarError as error:
        tell(error.detail)
        return 1
    _print_table(familiar, notebook)
    print(json.dumps(_as_json(material, options, familiar, notebook)))
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.training", description="Times two trainings.")
    parser.add_argument("--people", type=Path, required=True, help="a folder with a folder for each person")
    parser.add_argument("--learned-strangers", type=Path, help="a folder of strangers, for Familiar alone")
    parser.add_argument("--weights", default="imagenet", help="of MobileNet: imagenet, a file, or random")
    parser.add_argument("--samples", type=int, default=200, help="train samples of a person, at most")
    parser.add_argument("--most-people", type=int, help="how many people, the first by name")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--serving", type=NumberFormat, default=NumberFormat.FLOAT32, help="of Familiar: or int8")
    parser.add_argument("--base", type=Base, choices=Base, default=Base.BOTH, help="the frozen branches of Familiar's")
    return parser.parse_args(arguments)


def _read(options: argparse.Namespace, reader: FaceReader) -> Material:
    train: dict[str, list[Image]] = {}
    test: dict[str, list[Image]] = {}
    for person in people_in([options.people])[: options.most_people]:
        crops = reader.read_first((*person.clips, *person.pictures), options.samples + options.samples // 2)
        count, tested = train_and_test_counts(len(crops), options.samples)
        train[person.name], test[person.name] = crops[:count], crops[count : count + tested]
        tell(f"{person.name}: {count} train samples, {tested} test samples")
    files = strangers_in(options.learned_strangers) if options.learned_strangers else ()
    sequences = reader.read([paths for stranger in files for paths in stranger.sequences])
    return Material(train, test, [crop for crops in sequences for crop in crops])


def _time_familiar(material: Material, options: argparse.Namespace) -> Result:
    tell("Familiar trains")
    chosen = TrainingOptions(epochs=options.epochs, seed=options.seed, serving=options.serving, base=options.base)
    started = time.monotonic()
    to_input = open_input(read_landmarks())
    train, test = (
        {name: [to_input(crop) for crop in own] for name, own in part.items()}
        for part in (material.train, material.test)
    )
    strangers = split_strangers([to_input(crop) for crop in material.strangers])
    network = teach_familiar(split_by_time(train, test, strangers), chosen, options.weights)
    seconds = time.monotonic() - started
    crops = [crop for own in material.test.values() for crop in own]
    answers = network.answer([to_input(crop) for crop in crops])
    milliseconds = _median_ms(lambda crop: network.answer_one(to_input(crop)), crops)
    return Result(seconds, _accuracy(answers, material.test), milliseconds)


def _time_notebook(material: Material, options: argparse.Namespace) -> Result:
    tell("The notebook recipe trains")
    with TemporaryDirectory() as folder:
        started = time.monotonic()
        model = fit_notebook(material.train, options.weights, options.epochs, options.seed, Path(folder))
        seconds = time.monotonic() - started
        images = np.stack([base_input(crop) for crops in material.test.values() for crop in crops])
        answers = model.predict(images, verbose=0)
        milliseconds = _median_ms(lambda image: model.predict(image[np.newaxis], verbose=0), list(images))
        return Result(seconds, _accuracy(answers, material.test), milliseconds)


def _median_ms(answer: Callable[[Image], object], faces: Sequence[Image]) -> float:
    seconds = []
    for face in faces:
        started = time.perf_counter()
        answer(face)
        seconds.append(time.perf_counter() - started)
    return 1000 * float(np.median(seconds))


def _accuracy(answers: np.ndarray, test: Crops) -> float:
    labels = np.repeat(np.arange(len(test)), [len(crops) for crops in test.values()])
    return float(np.mean(answers.argmax(axis=1) == labels))


def _print_table(familiar: Result, notebook: Result) -> None:
    table = Table("recipe", "seconds", "test accuracy", "ms an answer")
    for name, result in (("familiar", familiar), ("notebook", notebook)):
        table.add_row(name, f"{result.seconds:.1f}", f"{result.test_accuracy:.3f}", f"{result.answer_ms:.1f}")
    Console().print(table)
    print(f"Familiar is {notebook.seconds / familiar.seconds:.1f} times as fast.")


def _as_json(material: Material, options: argparse.Namespace, familiar: Result, notebook: Result) -> dict[str, object]:
    return {
        "benchmark": "training",
        "people": len(material.train),
        "train_samples": [len(crops) for crops in material.train.values()],
        "test_samples": [len(crops) for crops in material.test.values()],
        "stranger_samples": len(material.strangers),
        "epochs": options.epochs,
        "familiar_seconds": round(familiar.seconds, 2),
        "notebook_seconds": round(notebook.seconds, 2),
        "speedup": round(notebook.seconds / familiar.seconds, 2),
        "familiar_test_accuracy": familiar.test_accuracy,
        "notebook_test_accuracy": notebook.test_accuracy,
        "base": options.base,
        "serving": options.serving,
        "familiar_answer_ms": round(familiar.answer_ms, 2),
        "notebook_answer_ms": round(notebook.answer_ms, 2),
    }


if __name__ == "__main__":
    sys.exit(main())
