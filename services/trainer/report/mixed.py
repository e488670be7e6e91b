"""Findings of samples that look like somebody else: how many, like whom, and a few of them to look at."""

from dataclasses import dataclass

from familiar.services.trainer.judge.mixed_people import OddSamples, find_mixed
from familiar.services.trainer.report.facts import ReportFacts, ReportPerson, TrainDescriptors
from familiar.shared.vision.images import Image

MOST_SHOWN = 6


@dataclass(frozen=True)
class OddFinding:
    """Samples of a person, `count` of `samples`, that look like the person `like`, or, if None, like nobody enrolled.

    `images` are the clearest of them, RGB, `(k, side, side, 3)`, `uint8`, at least one.
    """

    like: ReportPerson | None
    count: int
    samples: int
    images: Image


def find_odd(facts: ReportFacts) -> dict[int, tuple[OddFinding, ...]]:
    """Return the samples that look like somebody else, by label; none where no descriptors are known."""
    described = facts.train_descriptors
    if described is None:
        return {}
    found: dict[int, tuple[OddFinding, ...]] = {}
    for odd in find_mixed(described.descriptors, described.labels, len(facts.people)):
        found[odd.person] = (*found.get(odd.person, ()), _finding(facts, described, odd))
    return found


def odd_in_words(name: str, odd: OddFinding) -> str:
    """Return what to do about such samples, as a step for the person of that name."""
    who = f"like {odd.like.name}" if odd.like else f"like somebody else than the other {odd.samples - odd.count}"
    look = "looks" if odd.count == 1 else "look"
    return (
        f"{odd.count} of {odd.samples} samples of {name} {look} {who}. Look through all of them on the page, under "
        f"People, and delete those that do not show {name}; then train again."
    )


def _finding(facts: ReportFacts, described: TrainDescriptors, odd: OddSamples) -> OddFinding:
    return OddFinding(
        like=None if odd.like is None else facts.people[odd.like],
        count=len(odd.places),
        samples=odd.samples,
        images=described.images[list(odd.places[:MOST_SHOWN])],
    )
