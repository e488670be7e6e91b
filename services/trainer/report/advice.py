"""Advice: what to do next for each person, in words, and the one command that does it."""

from collections.abc import Sequence
from dataclasses import dataclass

from familiar.services.trainer.data.split_samples import FEWEST_TO_TEST
from familiar.services.trainer.report.findings import (
    PersonFinding,
    Standing,
    StrangersFinding,
)
from familiar.services.trainer.report.mixed import odd_in_words
from familiar.shared.redis.enrolments import DEFAULT_TEST_SAMPLES, DEFAULT_TRAIN_SAMPLES

FEW_SAMPLES = DEFAULT_TRAIN_SAMPLES // 2
MORE_SAMPLES = 100
# As `sharpness` measures it: enrolment refuses under 150; clear pictures, small ones too, have 280 and more.
BLURRED = 200.0
GOOD_NAMED_SHARE = 0.01
BAD_NAMED_SHARE = 0.05
MOST_TOLD_APART = 2

TEACH_STRANGERS = (
    "Teach it strangers: upload photos of people who are not enrolled, under Strangers on the page, or run "
    "`familiar strangers fetch`, which brings a public collection. Then train again."
)
ADD_STRANGERS = (
    "Add strangers, best from before your own cameras: upload photos of them on the page, or run `familiar strangers "
    "fetch`. Where a stranger was given a name, say so on the page, or `familiar correct PREDICTION --stranger`."
)
TEST_WITH_STRANGERS = (
    "Add strangers, so that some can be held back for a test: upload photos of them on the page, or run `familiar "
    "strangers fetch`."
)
BETTER_KNOWN = (
    "Collect more samples of {name}, whose name strangers got most: the better a face is known, the less room it "
    "leaves for others."
)


@dataclass(frozen=True)
class Advice:
    """Steps to take, most important first, and the command that collects what is missing, if anything is."""

    steps: tuple[str, ...]
    command: str | None = None


def advise(finding: PersonFinding, everybody: Sequence[PersonFinding]) -> Advice:
    """Return what to do so that this person is recognised better; no steps where nothing needs doing."""
    wrong = tuple(odd_in_words(finding.person.name, odd) for odd in finding.odd)
    testing = _test_with_more(finding)
    learning = (
        *_learn_on_another_day(finding),
        *_learn_from_more(finding),
        *_learn_from_better(finding),
        *_tell_apart(finding, everybody),
        *_learn_from_other(finding),
    )
    if not testing and not learning:
        return Advice(wrong)
    return Advice((*wrong, *testing, *learning), _enrol_command(finding, more_to_learn=bool(learning)))


def advise_on_strangers(strangers: StrangersFinding) -> tuple[str, ...]:
    """Return what to do so that strangers stay unknown; commands are in backticks."""
    if not strangers.learned:
        return (TEACH_STRANGERS,)
    if strangers.named_share is None:
        return (TEST_WITH_STRANGERS,)
    if strangers.named_share <= GOOD_NAMED_SHARE:
        return ()
    return ADD_STRANGERS, BETTER_KNOWN.format(name=strangers.names[0][0].name)


def collect_next(finding: PersonFinding) -> str | None:
    """Return how many samples somebody lacks, to the usual number or beyond it; None where there are enough."""
    to_learn = DEFAULT_TRAIN_SAMPLES - finding.learned
    to_test = DEFAULT_TEST_SAMPLES - finding.tested
    missing = []
    if to_learn > 0:
        missing.append(f"{to_learn} more to learn from")
    elif finding.is_weak:
        missing.append(f"{MORE_SAMPLES} more to learn from, unlike those there are")
    if to_test > 0:
        missing.append(f"{to_test} more to test with")
    return " and ".join(missing) or None


def _test_with_more(finding: PersonFinding) -> tuple[str, ...]:
    if not finding.tested:
        return (f"There are no test pictures, so nobody can tell. Collect {DEFAULT_TEST_SAMPLES}.",)
    if finding.tested < FEWEST_TO_TEST:
        return (f"{finding.tested} test pictures are too few to tell. Collect {DEFAULT_TEST_SAMPLES}.",)
    return ()


def _learn_on_another_day(finding: PersonFinding) -> tuple[str, ...]:
    """Advise a second day, however good the figures: the test pictures are mostly of the first one, too."""
    if finding.person.days > 1:
        return ()
    again = f"Enrol {finding.person.name} again on another day, in other light"
    return (f"{again}: that is worth more than more samples of this one.",)


def _learn_from_more(finding: PersonFinding) -> tuple[str, ...]:
    if finding.standing is Standing.RELIABLE or finding.learned >= FEW_SAMPLES:
        return ()
    few = f"It learned from only {finding.learned} pictures."
    return (f"{few} Collect {DEFAULT_TRAIN_SAMPLES}, in several places and in different light.",)


def _learn_from_better(finding: PersonFinding) -> tuple[str, ...]:
    if finding.standing is Standing.RELIABLE:
        return ()
    if finding.sharpness is None or finding.sharpness >= BLURRED:
        return ()
    return ("The pictures look blurred. Enrol again closer to the camera, in more light, and wipe the camera's lens.",)


def _tell_apart(finding: PersonFinding, everybody: Sequence[PersonFinding]) -> tuple[str, ...]:
    others = finding.confused_with[:MOST_TOLD_APART]
    if not others:
        return ()
    name, names = finding.person.name, " and ".join(other.name for other in others)
    finding_of = {other.person: other for other in everybody}
    if all(finding.person in finding_of[other].confused_with for other in others):
        who = f"{name} and {names} are mistaken for one another."
    else:
        who = f"{name} is taken for {names}."
    return (f"{who} Enrol them in the same places and the same light, so that only the faces differ.",)


def _learn_from_other(finding: PersonFinding) -> tuple[str, ...]:
    """Advise pictures unlike those learned, where a face mostly got no name or there is no other advice."""
    if not finding.is_weak or finding.learned < FEW_SAMPLES:
        return ()
    collect = (
        f"Collect {MORE_SAMPLES} more pictures: other light, nearer and farther, other sides, with and without glasses."
    )
    if finding.unknown > finding.wrong:
        return (f"Most misses got no name at all: these pictures are unlike those it learned from. {collect}",)
    return () if finding.confused_with else (collect,)


def _enrol_command(finding: PersonFinding, *, more_to_learn: bool) -> str:
    """Return the command that collects another session; a slug needs no quoting."""
    command = f"familiar enrol {finding.person.slug} --camera CAMERA"
    return command if more_to_learn else f"{command} --train 0"
