"""Checks of what was answered over HTTP, and of who was named."""

from collections.abc import Iterator, Sequence

from familiar.shared.contract import redis_names
from familiar.shared.contract.errors import AnswerWithdrawn, Busy, DiskFull, RedisUnavailable
from tests.chaos.evidence import Evidence
from tests.chaos.faults import Inflicted
from tests.chaos.plan import REDIS, Kind
from tests.chaos.site import Answer
from tests.chaos.workload import TRAIN

_BROKEN = 500
_PREDICTIONS = "POST /v1/predictions"
_NAMED = {503: {RedisUnavailable.code, Busy.code, AnswerWithdrawn.code}, 507: {DiskFull.code}}
# From the end of an outage on: a client of Redis waits up to 5 s before it tries again, and a slow machine longer.
_RECOVERY_SECONDS = 20.0
_REDIS_KINDS = {Kind.REDIS_LOST, Kind.REDIS_KEPT, Kind.REDIS_OLDER, Kind.NETWORK_CUT}


def every_request_is_answered(evidence: Evidence) -> Iterator[str]:
    """No request breaks off but while inference is away; no error without a name, and none without its cause.

    There is a version from the start, so that every picture is answered.
    """
    return find_unanswered(evidence.answers, evidence.inflicted)


def find_unanswered(answers: Sequence[Answer], inflicted: Sequence[Inflicted]) -> Iterator[str]:
    """Find the answers that should not have been given, with why."""
    for answer in answers:
        if answer.status is None:
            if not _inference_was_away(answers, inflicted, answer):
                yield f"{answer}, while inference was up"
        elif answer.status >= _BROKEN and answer.code not in _NAMED.get(answer.status, set()):
            yield str(answer)
        elif answer.code == RedisUnavailable.code and not _redis_was_away(inflicted, answer):
            yield f"{answer}, while Redis was there"
        elif answer.code == RedisUnavailable.code and answer.request == _PREDICTIONS:
            yield f"{answer}, which needs no Redis"
        elif answer.code == DiskFull.code and not _disk_was_full(inflicted, answer):
            yield f"{answer}, while there was room"


def no_broken_version_answers(evidence: Evidence) -> Iterator[str]:
    """Every version that answered is there, and its files have the hashes that its manifest names."""
    whole = set(evidence.models.versions())
    for version in sorted(
        {prediction.model_version for _, prediction, _ in evidence.workload.heard.predictions} - whole
    ):
        yield f"version {version} answered and is not there"


def nobody_gets_a_wrong_name(evidence: Evidence) -> Iterator[str]:
    """Who stands before a camera and was learned whole gets their name or none."""
    learned = {
        version: {person.slug for person in evidence.models.manifest(version).people if person.train_samples >= TRAIN}
        for version in evidence.models.versions()
    }
    for shown, prediction, _ in evidence.workload.heard.predictions:
        for face in prediction.faces:
            known = shown in learned.get(prediction.model_version, set())
            if known and face.person not in (shown, None):
                where = "over HTTP" if prediction.camera is None else f"on track {face.track_id}"
                yield f"{shown} was named {face.person} by version {prediction.model_version}, {where}"
    for sighting in evidence.workload.heard.sightings:
        known = sighting.camera in learned.get(sighting.model_version, set())
        if known and sighting.person not in (sighting.camera, None):
            yield f"{sighting.person} was sighted before the camera of {sighting.camera}"


def _inference_was_away(answers: Sequence[Answer], inflicted: Sequence[Inflicted], answer: Answer) -> bool:
    """Return whether a fault took inference away, which had answered nobody between that and this request."""
    for each in inflicted:
        if each.fault.target == redis_names.INFERENCE and each.fault.kind in {Kind.KILL, Kind.PAUSE}:
            answered = (other.given for other in answers if other.status and other.asked > each.ended)
            if answer.given >= each.began and answer.asked <= min(answered, default=float("inf")):
                return True
    return False


def _redis_was_away(inflicted: Sequence[Inflicted], answer: Answer) -> bool:
    return any(_takes_redis_away(each) and _lies_in(each, answer) for each in inflicted)


def _disk_was_full(inflicted: Sequence[Inflicted], answer: Answer) -> bool:
    return any(each.fault.kind is Kind.DISK_FULL and _lies_in(each, answer) for each in inflicted)


def _lies_in(each: Inflicted, answer: Answer) -> bool:
    """Return whether an answer was given during a fault, or while Familiar was recovering from it."""
    return each.began <= answer.given and answer.asked <= each.ended + _RECOVERY_SECONDS


def _takes_redis_away(each: Inflicted) -> bool:
    return each.fault.kind in _REDIS_KINDS or each.fault.target in {REDIS, redis_names.INFERENCE}
