"""Facts for reports, made from what was answered."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from familiar.services.trainer.report.facts import ReportFacts, ReportPerson, TrainDescriptors
from familiar.shared.contract.messages import Epoch
from familiar.shared.contract.slugs import slug_of
from familiar.shared.vision.images import MODEL_INPUT_SIZE
from tests.builders import NOON

SIDE = 32
THRESHOLD = 0.6
SURE, UNSURE = 0.9, 0.3

Answers = Mapping[str | None, int]


def report_facts(answers: Mapping[str, Answers], strangers: Answers | None = None, learned: int = 200) -> ReportFacts:
    """Give facts in which each person's test samples, and strangers, were answered so often with whom; None is nobody.

    Everybody learned from so many samples, of two days; 400 faces of strangers were learned from.
    """
    names = list(answers)
    given = [(names.index(name), answer) for name in names for answer in _repeated(answers[name])]
    random = np.random.default_rng(0)
    strange = _repeated(strangers or {})
    return ReportFacts(
        people=tuple(
            ReportPerson(slug_of(name), name, learned, sum(answers[name].values()), sessions=2, days=2)
            for name in names
        ),
        history=tuple(_epoch(number) for number in range(1, 6)),
        threshold=THRESHOLD,
        test_probabilities=_probabilities([answer for _, answer in given], names),
        test_labels=np.array([label for label, _ in given], np.int64),
        test_images=random.integers(0, 256, (len(given), SIDE, SIDE, 3), np.uint8),
        stranger_probabilities=_probabilities(strange, names),
        stranger_images=random.integers(0, 256, (len(strange), SIDE, SIDE, 3), np.uint8),
        stranger_faces={"fetched": 400},
        training_seconds=42.0,
        created_at=NOON,
        shown_samples=random.integers(0, 256, (2, MODEL_INPUT_SIZE, MODEL_INPUT_SIZE, 3), np.uint8),
    )


def with_one_day(facts: ReportFacts) -> ReportFacts:
    """Give the same facts, but for everybody's samples being of one session."""
    return replace(facts, people=tuple(replace(person, sessions=1, days=1) for person in facts.people))


def with_odd_samples(facts: ReportFacts, like: int | None = None) -> ReportFacts:
    """Give the same facts, with descriptors of 12 samples a person, 4 of whose for the first are of somebody else.

    That is the person `like`, or, if None, nobody who is enrolled. Two people are 0.7 apart, two samples of one 0.2.
    """
    people, random = len(facts.people), np.random.default_rng(0)
    labels = np.repeat(np.arange(people), 12)
    shown = labels.copy()
    shown[:4] = people if like is None else like
    descriptors = 0.5 * np.eye(people + 1, 128)[shown] + random.normal(0, 0.2 / 16, (len(shown), 128))
    images = random.integers(0, 256, (len(shown), SIDE, SIDE, 3), np.uint8)
    described = TrainDescriptors(descriptors.astype(np.float32), labels.astype(np.int64), images)
    return replace(facts, train_descriptors=described)


def _repeated(answers: Answers) -> list[str | None]:
    return [answer for answer, count in answers.items() for _ in range(count)]


def _probabilities(answers: list[str | None], names: list[str]) -> NDArray[np.float32]:
    probabilities = np.zeros((len(answers), len(names)), np.float32)
    for row, answer in enumerate(answers):
        probabilities[row, names.index(answer) if answer else 0] = SURE if answer else UNSURE
    return probabilities


def _epoch(number: int) -> Epoch:
    return Epoch(
        epoch=number,
        epochs=5,
        loss=1 / number,
        accuracy=1 - 0.5 / number,
        validation_loss=1 / number,
        validation_accuracy=1 - 0.4 / number,
        kept=number < 5,
    )
