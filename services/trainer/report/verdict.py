"""The verdict: a report in a sentence or two, on how well people are recognised and whether strangers stay unknown."""

from collections.abc import Sequence

from familiar.services.trainer.report.advice import BAD_NAMED_SHARE, GOOD_NAMED_SHARE
from familiar.services.trainer.report.findings import PersonFinding, Standing, StrangersFinding
from familiar.services.trainer.report.wording import right_in_words


def verdict(people: Sequence[PersonFinding], strangers: StrangersFinding) -> str:
    """Return how good a version is, in one to three sentences; `people` are at least one, worst first."""
    if not any(finding.tested for finding in people):
        return (
            "Nobody has test pictures, so nobody can tell how well Familiar recognises anyone. Collect some first."
            f"{_mixed(people)}"
        )
    weak = [finding for finding in people if finding.is_weak]
    uncertain = [finding for finding in people if finding.standing is Standing.UNCERTAIN]
    if weak:
        second = _worst(weak)
    elif uncertain:
        second = _uncertain(uncertain)
    else:
        second = strangers_in_short(strangers)
    first = _how_many(people)
    if weak or uncertain:
        first += _strangers_clause(strangers)
    return f"{first}. {second}{_mixed(people)}"


def _strangers_clause(strangers: StrangersFinding) -> str:
    """Return a clause on strangers where something is amiss, however well people are recognised."""
    if not strangers.learned:
        return ", and was taught no strangers"
    if strangers.named_share is not None and strangers.named_share > BAD_NAMED_SHARE:
        return f", and gave names to {strangers.named} of {strangers.tested} strangers"
    return ""


def strangers_in_short(strangers: StrangersFinding) -> str:
    """Return a sentence on what happens to strangers."""
    if not strangers.learned:
        return "But it was taught no strangers, so expect many of them to get somebody's name."
    if strangers.named_share is None:
        return "How often strangers get a name cannot be told: too few were held back for a test."
    counted = f"{strangers.named} of {strangers.tested}"
    if strangers.named_share <= GOOD_NAMED_SHARE:
        return f"Strangers stay unknown: {counted} got somebody's name."
    if strangers.named_share <= BAD_NAMED_SHARE:
        return f"Now and then a stranger gets somebody's name: {counted} did."
    return f"But too many strangers get somebody's name: {counted} did."


def _how_many(people: Sequence[PersonFinding]) -> str:
    reliable = sum(finding.standing is Standing.RELIABLE for finding in people)
    if len(people) == 1:
        name = people[0].person.name
        return (
            f"Familiar recognises {name} reliably" if reliable else f"Familiar does not recognise {name} reliably yet"
        )
    if reliable == len(people):
        return f"Familiar recognises {'both' if reliable == 2 else f'all {reliable}'} people reliably"  # noqa: PLR2004 - the two of "both"
    return f"Familiar recognises {reliable or 'none'} of {len(people)} people reliably"


def _worst(weak: Sequence[PersonFinding]) -> str:
    worst, others = weak[0], weak[1:]
    sentence = f"{worst.person.name} is {worst.standing.value}: {right_in_words(worst)}"
    if len(others) == 1:
        return f"{sentence}; {others[0].person.name} needs work, too."
    return f"{sentence}; {len(others)} others need work, too." if others else f"{sentence}."


def _mixed(people: Sequence[PersonFinding]) -> str:
    """Return a sentence on people whose samples look like more than one, if there are any."""
    names = [finding.person.name for finding in people if finding.odd]
    if not names:
        return ""
    others = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return f" Among the samples of {names[0]}{others} some look like somebody else."


def _uncertain(uncertain: Sequence[PersonFinding]) -> str:
    if len(uncertain) == 1:
        return f"{uncertain[0].person.name} has too few test pictures to tell."
    return f"{len(uncertain)} have too few test pictures to tell."
