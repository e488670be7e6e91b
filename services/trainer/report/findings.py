"""Findings from the answers of a training: each person's standing, confusions, and the worst mistakes."""

from collections import Counter
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from familiar.services.trainer.data.split_samples import FEWEST_TO_TEST, Labels
from familiar.services.trainer.report.facts import UNKNOWN, ReportFacts, ReportPerson
from familiar.services.trainer.report.mixed import OddFinding, find_odd
from familiar.shared.vision.images import Image, sharpness

RELIABLE_RECALL = 0.9
OFTEN_MISSED_RECALL = 0.75
FEWEST_STRANGERS = 20
# A single slip is no confusion.
FEWEST_CONFUSED = 2
CONFUSED_SHARE = 0.05


class Standing(Enum):
    """How well somebody is recognised, from what needs most work to what needs none."""

    OFTEN_MISSED = "often missed"
    SOMETIMES_MISSED = "sometimes missed"
    UNCERTAIN = "not tested enough"
    RELIABLE = "reliable"


@dataclass(frozen=True)
class PersonFinding:
    """Answers to a person's test samples.

    `taken_for` are other people and how often, most often first. `sharpness` is the median of the test samples' (see
    `sharpness`), None without any. `odd` are samples to learn from that look like somebody else.
    """

    person: ReportPerson
    tested: int
    right: int
    unknown: int
    taken_for: tuple[tuple[ReportPerson, int], ...]
    sharpness: float | None
    odd: tuple[OddFinding, ...] = ()

    @property
    def wrong(self) -> int:
        """Number of samples that got somebody else's name."""
        return self.tested - self.right - self.unknown

    @property
    def learned(self) -> int:
        """Number of samples that were learned from."""
        return self.person.train_samples

    @property
    def recall(self) -> float | None:
        """Share of the samples that got the right name."""
        return self.right / self.tested if self.tested else None

    @property
    def standing(self) -> Standing:
        """How well this person is recognised, as far as that can be told."""
        if self.recall is None or self.tested < FEWEST_TO_TEST:
            return Standing.UNCERTAIN
        if self.recall < OFTEN_MISSED_RECALL:
            return Standing.OFTEN_MISSED
        return Standing.SOMETIMES_MISSED if self.recall < RELIABLE_RECALL else Standing.RELIABLE

    @property
    def is_weak(self) -> bool:
        """Whether this person is known to be recognised badly."""
        return self.standing in {Standing.OFTEN_MISSED, Standing.SOMETIMES_MISSED}

    @property
    def confused_with(self) -> tuple[ReportPerson, ...]:
        """People whose name this person gets more often than by a slip, most often first."""
        fewest = max(FEWEST_CONFUSED, CONFUSED_SHARE * self.tested)
        return tuple(other for other, count in self.taken_for if count >= fewest)


@dataclass(frozen=True)
class StrangersFinding:
    """Answers to strangers: `named` of `tested` got a name, and whose, most often first."""

    learned: int
    tested: int
    named: int
    names: tuple[tuple[ReportPerson, int], ...]

    @property
    def named_share(self) -> float | None:
        """Share of the strangers that got a name; None where too few were tested to tell."""
        return self.named / self.tested if self.tested >= FEWEST_STRANGERS else None


@dataclass(frozen=True)
class Mistake:
    """Wrong answer: `person` is None for a stranger, `taken_for` is None where a known face got no name."""

    image: Image
    person: ReportPerson | None
    taken_for: ReportPerson | None
    confidence: float


def find_people(facts: ReportFacts) -> tuple[PersonFinding, ...]:
    """Return how each person's samples were answered, those who need most work first."""
    answers = facts.test_answers()
    odd = find_odd(facts)
    findings = [_find_person(facts, answers, label, odd.get(label, ())) for label in range(len(facts.people))]
    order = list(Standing)
    return tuple(
        sorted(
            findings,
            key=lambda finding: (
                order.index(finding.standing),
                -1.0 if finding.recall is None else finding.recall,
                finding.person.slug,
            ),
        )
    )


def find_strangers(facts: ReportFacts) -> StrangersFinding:
    """Return how many strangers got a name, and whose."""
    answers = facts.stranger_answers()
    names = _count_people(facts, answers)
    return StrangersFinding(
        learned=max(0, sum(facts.stranger_faces.values()) - len(answers)),
        tested=len(answers),
        named=sum(count for _, count in names),
        names=names,
    )


def find_mistakes(facts: ReportFacts, most: int, most_alike: int = 3) -> tuple[Mistake, ...]:
    """Return the worst mistakes: wrong names, the surest first, and then known faces without a name.

    Of the same mistake (the same person taken for the same other) there are no more than `most_alike`.
    """
    wrong = [
        *_mistakes(facts, facts.test_answers(), facts.test_labels),
        *_mistakes(facts, facts.stranger_answers(), None),
    ]
    wrong.sort(key=lambda place: (place.taken_for is None, -place.confidence))
    seen: Counter[tuple[str, str]] = Counter()
    chosen: list[Mistake] = []
    for mistake in wrong:
        kind = (_slug(mistake.person), _slug(mistake.taken_for))
        seen[kind] += 1
        if seen[kind] <= most_alike and len(chosen) < most:
            chosen.append(mistake)
    return tuple(chosen)


def confusion(facts: ReportFacts) -> NDArray[np.int64]:
    """Return the confusion matrix, `(people + 1, people + 1)`: rows are who it is, columns the answer.

    The last row is the strangers, the last column "unknown".
    """
    people = len(facts.people)
    counts = np.zeros((people + 1, people + 1), np.int64)
    test, strangers = facts.test_answers(), facts.stranger_answers()
    np.add.at(counts, (facts.test_labels, np.where(test == UNKNOWN, people, test)), 1)
    np.add.at(counts, (np.full(len(strangers), people), np.where(strangers == UNKNOWN, people, strangers)), 1)
    return counts


def _find_person(facts: ReportFacts, answers: Labels, label: int, odd: tuple[OddFinding, ...]) -> PersonFinding:
    own = facts.test_labels == label
    given = answers[own]
    sharp = [sharpness(np.ascontiguousarray(image[..., ::-1])) for image in facts.test_images[own]]
    return PersonFinding(
        person=facts.people[label],
        tested=len(given),
        right=int((given == label).sum()),
        unknown=int((given == UNKNOWN).sum()),
        taken_for=_count_people(facts, given[given != label]),
        sharpness=float(np.median(sharp)) if sharp else None,
        odd=odd,
    )


def _count_people(facts: ReportFacts, answers: Labels) -> tuple[tuple[ReportPerson, int], ...]:
    counted = Counter(int(answer) for answer in answers if answer != UNKNOWN)
    return tuple((facts.people[label], count) for label, count in counted.most_common())


def _mistakes(facts: ReportFacts, answers: Labels, labels: Labels | None) -> list[Mistake]:
    """Return every mistake among the test samples, or without labels among the strangers."""
    if labels is None:
        images, probabilities = facts.stranger_images, facts.stranger_probabilities
        places = np.flatnonzero(answers != UNKNOWN)
    else:
        images, probabilities = facts.test_images, facts.test_probabilities
        places = np.flatnonzero(answers != labels)
    return [
        Mistake(
            image=images[place],
            person=None if labels is None else facts.people[labels[place]],
            taken_for=None if answers[place] == UNKNOWN else facts.people[answers[place]],
            confidence=float(probabilities[place].max()),
        )
        for place in places
    ]


def _slug(person: ReportPerson | None) -> str:
    return "" if person is None else person.slug
