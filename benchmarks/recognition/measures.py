"""The measures of recognition, each as a rate over seeds and people."""

from collections import defaultdict
from collections.abc import Callable, Sequence

import numpy as np

from benchmarks.recognition.collect_answers import KNOWN, KNOWN_ALL, SAME_CAMERA, STRANGERS, Answers
from benchmarks.recognition.rates import Count, Flags, Rate, passing_confidence, summarise
from familiar.services.trainer.judge.reliability import reliability

# The share of same-camera strangers that may be named where recall is measured independently of the threshold.
PERCENT = 1

ACCURACY = "accuracy"
ACCURACY_ALL = "accuracy_all"
RECALL = "recall"
RECALL_AT_PERCENT = f"recall_at_{PERCENT}_percent"
FALSE_NAME_SAME_CAMERA = "false_name_same_camera"
FALSE_NAME_STRANGERS = "false_name_strangers"
CALIBRATION_ERROR = "calibration_error"


def rates_of(answers: Sequence[Answers]) -> dict[str, Rate]:
    """Return all measures of the answers to faces or tracks; `accuracy_all` only if people were left out."""
    groups: dict[str, list[Answers]] = defaultdict(list)
    for each in answers:
        groups[each.group].append(each)
    known, same_camera, strangers = groups[KNOWN], groups[SAME_CAMERA], groups[STRANGERS]
    everybody = {ACCURACY_ALL: _rate(groups[KNOWN_ALL], lambda own: own.right, min)} if groups[KNOWN_ALL] else {}
    return {
        ACCURACY: _rate(known, lambda own: own.right, min),
        **everybody,
        RECALL: _rate(known, lambda own: own.right & own.named, min),
        RECALL_AT_PERCENT: _recall_at_percent(known, same_camera),
        FALSE_NAME_SAME_CAMERA: _rate(same_camera, lambda own: own.named, max),
        FALSE_NAME_STRANGERS: summarise(_counts(strangers, lambda own: own.named), _counts_by_name(strangers), max),
        CALIBRATION_ERROR: _calibration(known, same_camera),
    }


def _rate(answers: Sequence[Answers], hit: Callable[[Answers], Flags], worst_of: Callable[..., float]) -> Rate:
    counts = _counts(answers, hit)
    return summarise(counts, counts, worst_of)


def _counts(answers: Sequence[Answers], hit: Callable[[Answers], Flags]) -> list[Count]:
    return [Count(own.seed, own.person, int(hit(own).sum()), len(own.confidences)) for own in answers]


def _counts_by_name(strangers: Sequence[Answers]) -> list[Count]:
    """Count how often each person's name is given to a stranger, to find the worst person."""
    return [
        Count(own.seed, name, int((own.named & own.likeliest_is(name)).sum()), len(own.confidences))
        for own in strangers
        for name in own.people
    ]


def _recall_at_percent(known: Sequence[Answers], same_camera: Sequence[Answers]) -> Rate:
    """Return the recall at the lowest threshold that at most `PERCENT` of the same-camera strangers pass.

    All folds of a seed share a threshold, because one fold may have too few strangers.
    """
    passing = {
        seed: passing_confidence(np.concatenate([own.confidences for own in answers]), PERCENT)
        for seed, answers in _by_seed(same_camera).items()
    }
    return _rate(known, lambda own: own.right & (own.confidences > passing[own.seed]), min)


def _calibration(known: Sequence[Answers], same_camera: Sequence[Answers]) -> Rate:
    """Return the expected calibration error, with half of the weight on known faces, half on same-camera strangers."""
    strangers = _by_seed(same_camera)
    errors = []
    for seed, own in _by_seed(known).items():
        both = [*own, *strangers[seed]]
        faces = sum(len(each.confidences) for each in own)
        weights = np.full(sum(len(each.confidences) for each in both), 0.5 / faces)
        weights[faces:] = 0.5 / (len(weights) - faces)
        confidences, right = ([getattr(each, of) for each in both] for of in ("confidences", "right"))
        errors.append(reliability(np.concatenate(confidences), np.concatenate(right), weights).error)
    return Rate(float(np.mean(errors)), max(errors))


def _by_seed(answers: Sequence[Answers]) -> dict[int, list[Answers]]:
    seeds: dict[int, list[Answers]] = defaultdict(list)
    for own in answers:
        seeds[own.seed].append(own)
    return seeds
