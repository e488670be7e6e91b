"""The gate: a version becomes current only if it is not worse than the served one."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from familiar.services.trainer.judge.evaluate import Probabilities
from familiar.shared.contract.manifest import Gate, GateScores

# docs/decisions/7-the-gate.md has the reasons for these three.
TOLERATED_SHARE = 0.01
TOLERATED_SHARE_OF_STRANGERS = 0.03
CHANCE = 1.645

# A slug for each face, "" for somebody unknown.
Names = NDArray[np.str_]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Answers:
    """Names that one version gives, to test samples of people that both know and to strangers."""

    samples: Names
    strangers: Names


def names_given(probabilities: Probabilities, people: Sequence[str], threshold: float) -> Names:
    """Return each face's name, `(n,)`, by its probabilities, `(n, outputs)`; outputs beyond the people are nobody's."""
    slugs = np.array([*people, *[""] * (probabilities.shape[1] - len(people))])
    return np.where(probabilities.max(axis=1) >= threshold, slugs[probabilities.argmax(axis=1)], "")


def judge(truth: Names, candidate: Answers, served: Answers, version: int, *, force: bool) -> Gate:
    """Compare a candidate with the served version, answer by answer.

    `truth` says whose the samples are, `(n,)`, in the order of both `Answers.samples`. A candidate is worse if it gives
    fewer of them the right name, or more of them a wrong one, or names more strangers, by more than `_is_worse`
    tolerates.
    """
    samples_worse = _is_worse(candidate.samples != truth, served.samples != truth, TOLERATED_SHARE) or _is_worse(
        _false_names(candidate, truth), _false_names(served, truth), TOLERATED_SHARE
    )
    strangers_worse = _is_worse(candidate.strangers != "", served.strangers != "", TOLERATED_SHARE_OF_STRANGERS)
    scores = _score(candidate, truth), _score(served, truth)
    sentences = []
    if samples_worse:
        sentences.append(_on_samples(*scores, version, len(set(truth))))
    if strangers_worse:
        sentences.append(_on_strangers(*scores, version))
    if not len(truth) and not len(candidate.strangers):
        sentences.append(f"There are no test samples of people that version {version} knows, too.")
    worse = samples_worse or strangers_worse
    return Gate(
        accepted=force or not worse,
        reason=" ".join(sentences) or None,
        compared_with=version,
        candidate=scores[0],
        served=scores[1],
        forced=force and worse,
    )


def without_served(gate: Gate, served_now: int | None) -> Gate:
    """Revise a verdict on publication: being worse than a version that is no longer served is no fault."""
    if gate.accepted or served_now is not None:
        return gate
    reason = f"{gate.reason} But version {gate.compared_with} was deleted before this one was published."
    return gate.model_copy(update={"accepted": True, "reason": reason})


def _is_worse(candidate_fails: Flags, served_fails: Flags, tolerated_share: float) -> bool:
    """Return whether the candidate fails more often, `(n,)` each, than tolerated and than chance explains.

    Between two versions that are equally good, as many answers turn bad as turn good, and the difference has a standard
    deviation of the square root of their sum (McNemar, "Note on the sampling error of the difference between correlated
    proportions", Psychometrika 1947). `CHANCE` of it is exceeded once in twenty times.
    """
    turned_bad = int((candidate_fails & ~served_fails).sum())
    turned_good = int((served_fails & ~candidate_fails).sum())
    allowed = max(tolerated_share * len(candidate_fails), CHANCE * math.sqrt(turned_bad + turned_good))
    return turned_bad - turned_good > allowed


def _false_names(answers: Answers, truth: Names) -> Flags:
    wrong: Flags = (answers.samples != truth) & (answers.samples != "")
    return wrong


def _score(answers: Answers, truth: Names) -> GateScores:
    return GateScores(
        samples=len(truth),
        recall=_share(answers.samples == truth),
        false_names=_share(_false_names(answers, truth)),
        strangers=len(answers.strangers),
        strangers_named=_share(answers.strangers != ""),
    )


def _share(hits: Flags) -> float | None:
    return float(hits.mean()) if hits.size else None


def _on_samples(candidate: GateScores, served: GateScores, version: int, people: int) -> str:
    whose = f"of the {people} people that both know" if people > 1 else "of the one person that both know"
    return (
        f"On the {served.samples} test samples {whose}, version {version} gives the right name to "
        f"{served.recall:.1%} and a wrong one to {served.false_names:.1%}, this one to {candidate.recall:.1%} and "
        f"{candidate.false_names:.1%}."
    )


def _on_strangers(candidate: GateScores, served: GateScores, version: int) -> str:
    return (
        f"Of {served.strangers} strangers from whom this one did not learn, version {version} gives a name to "
        f"{served.strangers_named:.1%}, this one to {candidate.strangers_named:.1%}."
    )
