"""Wording of a report: counts and mistakes in words."""

from collections.abc import Mapping, Sequence

import numpy as np

from familiar.services.trainer.judge.reliability import Reliability
from familiar.services.trainer.report.facts import ReportPerson
from familiar.services.trainer.report.findings import Mistake, PersonFinding, StrangersFinding
from familiar.shared.stores.sample_origin import sessions_in_words

NAMES_SAID = 3


def right_in_words(finding: PersonFinding) -> str:
    """Return how many test pictures were answered right: "60 of 100 pictures got the right name"."""
    return f"{finding.right} of {finding.tested} pictures got the right name"


def answers_in_words(finding: PersonFinding) -> str:
    """Return how somebody's test pictures were answered: right ones, and what the others were taken for."""
    if not finding.tested:
        return "No test pictures."
    parts = [right_in_words(finding)]
    if finding.taken_for:
        parts.append(f"taken for {names_in_words(finding.taken_for)}")
    if finding.unknown:
        parts.append(f"unknown {_times(finding.unknown)}")
    return f"{'; '.join(parts)}."


def learned_in_words(finding: PersonFinding) -> str:
    """Return what somebody was learned from: "Learned from 200 pictures of 2 sessions on 1 day"."""
    person = finding.person
    return f"Learned from {finding.learned} pictures of {sessions_in_words(person.sessions, person.days)}."


def names_in_words(counted: Sequence[tuple[ReportPerson, int]]) -> str:
    """Return how often which names were given: "Neymar 18 times, Zoë once"; the first few of them."""
    said = ", ".join(f"{person.name} {_times(count)}" for person, count in counted[:NAMES_SAID])
    others = len(counted) - NAMES_SAID
    return f"{said} and {others} more" if others > 0 else said


def strangers_in_words(strangers: StrangersFinding) -> str:
    """Return what is known of strangers: what was learned, how many of those held out got a name, and whose."""
    names = f" The names they got: {names_in_words(strangers.names)}." if strangers.names else ""
    return f"{_named_in_words(strangers)}{names}"


def _named_in_words(strangers: StrangersFinding) -> str:
    if not strangers.learned:
        taught = (
            "It was taught no faces of strangers. It can then only choose among the people that it knows, so many "
            "strangers will get the name of whoever they resemble most."
        )
        return taught if strangers.tested else f"{taught} How many, nobody knows."
    if not strangers.tested:
        faces = "one face of a stranger" if strangers.learned == 1 else f"{strangers.learned} faces of strangers"
        return f"It was taught {faces}, and none was left over for a test."
    result = f"{strangers.named} of {strangers.tested} strangers whom it had never seen got somebody's name"
    return f"{result}. That is too few strangers to tell." if strangers.named_share is None else f"{result}."


def sources_in_words(faces: Mapping[str, int], tested: int) -> str:
    """Return how many faces of strangers were read, by source, and how many of them were held out."""
    sources = ", ".join(f"{count} {source}" for source, count in faces.items() if count) or "none"
    return f"Faces of strangers: {sources}{f', of which {tested} were kept for the test' if tested else ''}."


def mistake_in_words(mistake: Mistake) -> str:
    """Return what a mistake was: "This is Messi, taken for Neymar at 0.93"."""
    who = f"This is {mistake.person.name}" if mistake.person else "This is a stranger"
    if mistake.taken_for is None:
        # Below the threshold nothing is certain, so it is not rounded to 1.00.
        return f"{who}, who got no name: the surest guess was only {min(mistake.confidence, 0.99):.2f}."
    return f"{who}, who was taken for {mistake.taken_for.name} at {mistake.confidence:.2f}."


def reliability_in_words(reliability: Reliability, threshold: float) -> str:
    """Return how confidence and accuracy compare where most names were given, and how far apart they are overall."""
    weights = np.where(reliability.confidence >= threshold, reliability.weight, 0)
    fullest = int((weights if weights.any() else reliability.weight).argmax())
    sure, right = reliability.confidence[fullest], reliability.right[fullest]
    return (
        f"Of faces that were {_percent(sure)} sure, {_percent(right)} were right. Over all faces, the two are "
        f"{reliability.error * 100:.1f} percentage points apart (the expected calibration error)."
    )


def _percent(share: float) -> str:
    return f"{100 * share:.0f}\N{THIN SPACE}%"


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")
