"""How well faces are recognised, and strangers told from them: Familiar beside recipes that others use.

python -m benchmarks.recognition --people DIR [DIR ...] --strangers DIR --background DIR [--weights PATH]

Each DIR of people holds a folder of pictures or clips for each person. In every fold one person is left out
and is a stranger before the same camera; the others are enrolled with one half of their faces and
tested with the other. Every recipe learns and answers the same faces. A track is 10 consecutive faces of one
clip or person, over which probabilities are averaged; a picture of a stranger is a track of its own.

accuracy                 known faces whose likeliest person is right
accuracy_all             the same with nobody left out
recall                   known faces that are given their own name
false_name_same_camera   faces of the person left out, from both halves, that are given a name; it is as hard as its
                         name says only where all people were before one camera
false_name_strangers     strangers' faces that are given a name

Each is a mean over the seeds, with the worst seed and the worst person (for false_name_strangers: the one whose
name is given most often).
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import keras
from rich.console import Console
from rich.table import Column, Table

from benchmarks.face_reader import FaceReader
from benchmarks.familiar_recipe import FamiliarRecipe
from benchmarks.frigate_recipe import EPOCHS as FRIGATE_EPOCHS
from benchmarks.frigate_recipe import FrigateRecipe
from benchmarks.gallery import Gallery, read_gallery
from benchmarks.notebook_recipe import NotebookRecipe
from benchmarks.observe import (
    ACCURACY,
    ACCURACY_ALL,
    RECALL,
    SAME_CAMERA,
    STRANGERS,
    STRANGERS_BY_NAME,
    Observation,
    observe_all,
    observe_fold,
)
from benchmarks.progress import silence_tensorflow, tell
from benchmarks.rates import Count, Rate, summarise
from benchmarks.recipe import Recipe
from shared.errors import FamiliarError

UNITS = ("face", "track")
RECIPES = ("familiar", "notebook", "frigate")
TRAINING_EPOCHS = 10


@dataclass(frozen=True)
class Measure:
    """How counts become a rate: by which of them the worst person is found, and which end is the worst."""

    by_person: str
    worst_of: Callable[[Iterable[float]], float]


MEASURES = {
    ACCURACY: Measure(ACCURACY, min),
    ACCURACY_ALL: Measure(ACCURACY_ALL, min),
    RECALL: Measure(RECALL, min),
    SAME_CAMERA: Measure(SAME_CAMERA, max),
    STRANGERS: Measure(STRANGERS_BY_NAME, max),
}

Rates = dict[str, dict[str, Rate]]


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the faces, run every recipe, and print the table and the line of JSON."""
    options = _parse(arguments)
    silence_tensorflow()
    started = time.monotonic()
    try:
        with FaceReader() as reader:
            gallery = read_gallery(options.people, options.strangers, options.background, reader)
        rates = {name: _run(name, gallery, options) for name in options.only}
    except FamiliarError as error:
        tell(error.detail)
        return 1
    _print_table(rates)
    seconds = round(time.monotonic() - started, 1)
    print(json.dumps({**_describe(gallery, options), "seconds": seconds, **_as_json(rates)}))
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.recognition", description="Compares recognition.")
    parser.add_argument("--people", type=Path, nargs="+", required=True, help="folders with a folder for each person")
    parser.add_argument("--strangers", type=Path, required=True, help="a folder of strangers to test with")
    parser.add_argument(
        "--background", type=Path, required=True, help="a folder of strangers to learn; may be the same"
    )
    parser.add_argument("--weights", default="imagenet", help="of MobileNet: imagenet, a file, or random for all")
    parser.add_argument("--seeds", type=int, default=3, help="how often everything is trained")
    parser.add_argument("--folds", type=int, help="how many people are left out in turn, the first by name")
    parser.add_argument("--epochs", type=int, default=TRAINING_EPOCHS, help="of Familiar and the notebook recipe")
    parser.add_argument("--only", nargs="+", choices=RECIPES, default=RECIPES, help="the recipes to run")
    return parser.parse_args(arguments)


def _run(name: str, gallery: Gallery, options: argparse.Namespace) -> Rates:
    """Train and question a recipe for every seed and fold."""
    recipe = _recipe(name, gallery, options)
    left_out = gallery.people[: options.folds]
    observations: list[Observation] = []
    for seed in range(options.seeds):
        for fold, person in enumerate(left_out, start=1):
            observations += observe_fold(recipe, gallery, person, seed)
            tell(f"{name}: seed {seed + 1} of {options.seeds}, fold {fold} of {len(left_out)}")
            # A benchmark trains dozens of networks in one process, and Keras remembers each.
            keras.backend.clear_session()
        observations += observe_all(recipe, gallery, seed)
    return {unit: {measure: _rate(observations, unit, measure) for measure in MEASURES} for unit in UNITS}


def _recipe(name: str, gallery: Gallery, options: argparse.Namespace) -> Recipe:
    if name == "familiar":
        return FamiliarRecipe(gallery, options.weights, options.epochs)
    if name == "notebook":
        return NotebookRecipe(gallery, options.weights, options.epochs)
    return FrigateRecipe(gallery, "random" if options.weights == "random" else "imagenet", FRIGATE_EPOCHS)


def _rate(observations: Sequence[Observation], unit: str, measure: str) -> Rate:
    def counts(of: str) -> list[Count]:
        return [one.count for one in observations if one.unit == unit and one.measure == of]

    how = MEASURES[measure]
    return summarise(counts(measure), counts(how.by_person), how.worst_of)


def _print_table(rates: dict[str, Rates]) -> None:
    for unit in UNITS:
        # Of a narrow terminal, only the names of people may take what is left.
        whole = [Column(title, no_wrap=True) for title in ("measure", "recipe", "mean", "worst seed")]
        table = Table(*whole, "worst person", title=f"per {unit}")
        for measure in MEASURES:
            for name, found in rates.items():
                rate = found[unit][measure]
                worst = f"{rate.worst_person_share:.3f} {rate.worst_person}"
                table.add_row(measure, name, f"{rate.mean:.3f}", f"{rate.worst:.3f}", worst)
            table.add_section()
        Console().print(table)


def _describe(gallery: Gallery, options: argparse.Namespace) -> dict[str, object]:
    return {
        "benchmark": "recognition",
        "people": len(gallery.people),
        "left_out": list(gallery.left_out),
        "strangers": sum(map(len, gallery.strangers)),
        "background": len(gallery.background),
        "seeds": options.seeds,
        "folds": len(gallery.people[: options.folds]),
        "epochs": options.epochs,
    }


def _as_json(rates: dict[str, Rates]) -> dict[str, object]:
    return {
        name: {
            unit: {measure: asdict(rate) for measure, rate in by_measure.items()} for unit, by_measure in found.items()
        }
        for name, found in rates.items()
    }


if __name__ == "__main__":
    sys.exit(main())
