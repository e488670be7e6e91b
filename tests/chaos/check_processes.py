"""Checks of Redis and of the processes: what must not pile up, what must not end, and what must not be left."""

import json
import re
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

from familiar.services.capture.capture import FRAMES_KEPT
from familiar.services.extractor.frame_worker import FACES_KEPT
from familiar.services.inference.stream.face_worker import PREDICTIONS_KEPT
from familiar.shared.contract import redis_names
from familiar.shared.redis.stream import DEAD_LETTERS_KEPT
from tests.chaos.evidence import Evidence
from tests.chaos.plan import Kind
from tests.chaos.stack import PEOPLE
from tests.chaos.surroundings import Surroundings

# The trainer's own constant would bring TensorFlow along.
_MODEL_VERSIONS_KEPT = 1000
_MOST = {
    **{redis_names.frames(name): FRAMES_KEPT for name in PEOPLE},
    redis_names.FACES: FACES_KEPT,
    redis_names.PREDICTIONS: PREDICTIONS_KEPT,
    redis_names.SIGHTINGS: PREDICTIONS_KEPT,
    redis_names.MODEL_VERSIONS: _MODEL_VERSIONS_KEPT,
}
_EXPLAINED = re.compile(r"It was delivered \d+ times and never completed\.")
_DEAD = ":dead"
_END_SECONDS = 10.0
# Each has a time to live, and there are as many as faces and tracks of late.
_LIVELY = (b"kept-face:", b"track:")
# Keys besides, of three cameras, four services, and a handful of jobs with two or three keys each.
_MOST_KEYS = 150
_ENDED = re.compile(r"exited: (\w+) \((?:exit status (?P<status>\d+)|terminated by (?P<signal>\w+));")


def queues_are_bounded(evidence: Evidence) -> Iterator[str]:
    """No stream is longer than configured, no job is left waiting, and no key piles up."""
    client = evidence.client
    for stream, most in _MOST.items():
        if (length := int(client.xlen(stream))) > most:
            yield f"{stream} has {length} entries, and may have {most}"
    if waiting := client.llen(f"rq:queue:{redis_names.TRAINING_QUEUE}"):
        yield f"{waiting} trainings are still in the queue"
    keys = [key for key in client.scan_iter() if not key.startswith(_LIVELY)]
    if len(keys) > _MOST_KEYS:
        yield f"there are {len(keys)} keys: {sorted(keys)}"
    yield from (f"{key.decode()} never expires" for key in client.scan_iter() if _stays(evidence, key))


def _stays(evidence: Evidence, key: bytes) -> bool:
    expires: Any = evidence.client.ttl(key)
    return key.startswith((*_LIVELY, b"rq:job:", b"rq:results:", b"metrics:")) and expires == -1


def dead_letters_explain_themselves(evidence: Evidence) -> Iterator[str]:
    """Each holds its message, and the reason, which can only be that its consumers were killed over it."""
    client = evidence.client
    for key in client.scan_iter(match=f"*{_DEAD}"):
        letters: Any = client.xrange(key)
        if len(letters) > DEAD_LETTERS_KEPT:
            yield f"{key.decode()} has {len(letters)} entries"
        for _, fields in letters:
            reason = fields.get(b"reason", b"").decode()
            if not _EXPLAINED.fullmatch(reason):
                yield f"{key.decode()}: {reason or 'no reason'}"
            if not isinstance(json.loads(fields.get(b"header", b"null")), dict) or b"payload" not in fields:
                yield f"{key.decode()} does not hold what it speaks of"


def no_process_ends_by_itself(evidence: Evidence) -> Iterator[str]:
    """A service ends because it was killed, and for no other reason."""
    log = (evidence.home / "logs" / "supervisord.log").read_text()
    ended = Counter((found[1], found["status"], found["signal"]) for found in _ENDED.finditer(log))
    killed = Counter(each.fault.target for each in evidence.inflicted if each.fault.kind is Kind.KILL)
    redis_kinds = {Kind.REDIS_LOST, Kind.REDIS_KEPT, Kind.REDIS_OLDER}
    killed["redis"] = sum(each.fault.kind in redis_kinds for each in evidence.inflicted)
    for (program, status, number), count in ended.items():
        if number != "SIGKILL":
            yield f"{program} ended by itself {count} times, with {status or number}"
        elif count > killed[program]:
            yield f"{program} was killed {killed[program]} times, and ended {count} times"


def no_orphan_is_left(around: Surroundings) -> Iterator[str]:
    """Every process has ended with the stack, or shortly after."""
    until = time.monotonic() + _END_SECONDS
    while around.processes() and time.monotonic() < until:
        time.sleep(0.1)
    for process in around.processes():
        yield f"process {process.pid} is still there: {process.cmdline()}"
