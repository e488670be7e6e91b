"""Values under Familiar's keys in Redis that are not Familiar's, or of another version of it: logged, and then absent.

A value whose JSON is another one is passed over where it is read, and replaced with the next write. Commands refuse a
key that holds another type: it is deleted, as nothing under it was Familiar's any more.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fnmatch import fnmatchcase
from typing import Any, Final

import redis
import structlog
from pydantic import ValidationError

from familiar.shared.contract import redis_names
from familiar.shared.contract.slugs import is_slug
from familiar.shared.redis.acl import ACCESS
from familiar.shared.redis.stream import MessageT

# What Redis says where a key or a field holds something else; in transactions redis-py puts words before it.
_REFUSALS = ("WRONGTYPE", "is not an integer", "would overflow", "not a valid float")
_KEYS_AT_ONCE = 1000
# Far from overflowing, and more than is ever counted.
_LARGEST_COUNT = 2**62

_RQ = redis_names.TRAINING_QUEUE
_TYPES: Final[dict[str, str]] = {
    redis_names.CAMERAS: "set",
    redis_names.VIEWS: "set",
    redis_names.EXTRACTORS: "zset",
    redis_names.DROPPED: "hash",
    redis_names.KEPT_FACES: "string",
    redis_names.FORGETTINGS: "string",
    redis_names.FACES: "stream",
    redis_names.MODEL_VERSIONS: "stream",
    redis_names.PREDICTIONS: "stream",
    redis_names.SIGHTINGS: "stream",
    redis_names.dead("*"): "stream",
    redis_names.frames("*"): "stream",
    redis_names.previews("*"): "stream",
    redis_names.camera("*"): "string",
    redis_names.track("*"): "string",
    redis_names.view("*"): "string",
    redis_names.watched("*"): "string",
    redis_names.lease("*"): "string",
    redis_names.metrics("*", "*"): "string",
    redis_names.heartbeat("*", "*"): "string",
    redis_names.enrolment("*"): "hash",
    redis_names.kept_face("*"): "hash",
    # RQ's own keys, as far as a worker or a list of jobs reads them.
    f"rq:queue:{_RQ}": "list",
    **{f"rq:{kind}:{_RQ}": "zset" for kind in ("wip", "finished", "failed", "deferred", "scheduled", "canceled")},
    **dict.fromkeys(("rq:queues", "rq:workers", f"rq:workers:{_RQ}"), "set"),
    **dict.fromkeys(("rq:worker:*", "rq:job:*"), "hash"),
}

_log = structlog.get_logger()
_said: set[tuple[str, bytes]] = set()


def read_stored(key: str, text: bytes | None, message_type: type[MessageT]) -> MessageT | None:
    """Parse the JSON stored under a key; None where there is none, or not that of such a message."""
    if text is None:
        return None
    try:
        return message_type.model_validate_json(text)
    except ValidationError:
        say_foreign(key, text)
        return None


def slugs_in(members: Any) -> list[str]:  # noqa: ANN401 - a reply of Redis
    """Return the slugs among the members of a set, sorted; others name no camera."""
    return sorted(name for member in members if is_slug(name := member.decode(errors="replace")))


def say_foreign(key: str, found: bytes) -> None:
    """Log that the value of a key is passed over; once, until it changes."""
    if (key, found) not in _said:
        _said.clear()
        _said.add((key, found))
        _log.warning("a value in Redis is of another version or program, and passed over", key=key)


@contextmanager
def removing_foreign_values(client: redis.Redis, service: str) -> Iterator[None]:
    """End the `with` block early where Redis refuses a command because of a foreign value, which is deleted.

    As a decorator of a step that is repeated anyway, it lets the next one succeed. A value under a key that the service
    only reads is another's to delete.
    """
    try:
        yield
    except redis.RedisError as error:
        if not is_refused_for_a_foreign_value(error) or not remove_foreign_values(client, service):
            raise


def is_refused_for_a_foreign_value(error: redis.RedisError) -> bool:
    """Return whether Redis refused a command because a key holds another type than expected."""
    return isinstance(error, redis.ResponseError) and any(words in str(error) for words in _REFUSALS)


def remove_foreign_values(client: redis.Redis, service: str) -> bool:
    """Delete values of another type than their key has, and counters that do not count; return if there were any.

    Only the keys that the service may write are looked at.
    """
    own = (*ACCESS[service].writes, *ACCESS[service].reads_and_writes)
    keys = [key for pattern, expected in _TYPES.items() for key in _of_another_type(client, pattern, expected, own)]
    for counter in {redis_names.KEPT_FACES, redis_names.FORGETTINGS}.intersection(own):
        if counter.encode() not in keys and not _is_count(client.get(counter)):
            keys.append(counter.encode())
    for key in keys:
        _log.warning("a value in Redis is none of its key's, and was deleted", key=key.decode(errors="replace"))
        client.delete(key)
    return (redis_names.DROPPED in own and _remove_foreign_counts(client)) or bool(keys)


def _of_another_type(client: redis.Redis, pattern: str, expected: str, own: Sequence[str]) -> list[bytes]:
    """Return the keys of a pattern that hold another type, among those that match one of the patterns `own`."""
    keys = client.scan_iter(match=pattern, count=_KEYS_AT_ONCE) if "*" in pattern else [pattern.encode()]
    found = []
    for key in keys:
        # RQ's `rq:job:<id>:dependents` is no `rq:job:<id>`.
        if key.count(b":") == pattern.count(":") and _matches(key.decode(errors="replace"), own):
            kind: Any = client.type(key)
            if kind.decode() not in {expected, "none"}:
                found.append(key)
    return found


def _matches(key: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(key, pattern) for pattern in patterns)


def _remove_foreign_counts(client: redis.Redis) -> bool:
    counts: dict[Any, Any] = client.hgetall(redis_names.DROPPED)
    foreign = [stream for stream, count in counts.items() if not _is_count(count)]
    if foreign:
        _log.warning("counts in Redis are none, and were deleted", key=redis_names.DROPPED, count=len(foreign))
        client.hdel(redis_names.DROPPED, *foreign)
    return bool(foreign)


def _is_count(text: Any) -> bool:  # noqa: ANN401 - a reply of Redis
    """Return whether Redis can add to a value."""
    return text is None or (text.isdigit() and len(text) < len(str(_LARGEST_COUNT)) and str(int(text)) == text.decode())
