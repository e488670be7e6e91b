"""Which Redis user may run which commands on which keys (least privilege), as lines of an ACL file.

Nobody may administer the server, load modules, run scripts or see other clients. The default user, which a client
without a password is, may do nothing.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from familiar.shared.contract import redis_names

Version = tuple[int, ...]

# From this version on, the permission for a key may be for reading or for writing alone.
READ_OR_WRITE: Final = (7, 0)

_ANY: Final = "*"
_CONNECTION: Final = ("ping", "client|setinfo")
_TRANSACTION: Final = ("multi", "exec", "discard", "watch", "unwatch")
# What finding and deleting values of other programs under own keys takes.
_FOREIGN_VALUES: Final = ("scan", "type", "del", "get", "hgetall", "hdel")
# What removing the names of cameras that are gone from the registry takes.
_REGISTRY_UPKEEP: Final = ("smembers", "mget", "xlen", "ttl", "exists", "srem", "expire", "hdel")
_CONSUMER: Final = (
    *("xreadgroup", "xack", "xdel", "xrange", "xpending", "xclaim"),
    *("xgroup|create", "xgroup|delconsumer", "xinfo|consumers"),
)
# What RQ's client needs to enqueue jobs and to read their state, and its worker beyond that.
_JOBS: Final = (
    *("info", "exists", "expire", "hget", "hgetall", "hmget", "hset", "llen", "lpos", "lrange", "rpush", "sadd"),
    *("smembers", "xrevrange", "zcard", "zrange", "zscore"),
)
_WORKER: Final = (
    *("client|setname", "client|info", "blmove", "lmove", "lrem", "lpush", "hdel", "hincrby", "hincrbyfloat", "hsetnx"),
    *("persist", "scard", "srem", "sismember", "ttl", "xtrim", "zadd", "zrangebyscore", "zrem", "zremrangebyscore"),
    *("subscribe", "unsubscribe"),
)
_FORGETTING: Final = ("scan", "incrby", "xtrim", "xlen", "del", "srem", "zrem", "unlink", "xrevrange")
_ENROLMENT: Final = ("hgetall", "hset", "del", "expire")


@dataclass(frozen=True)
class Access:
    """What a user may do: commands, and patterns of the keys and channels that they may be used on."""

    commands: tuple[str, ...]
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    reads_and_writes: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()


_RQ_KEYS: Final = "rq:*"
_REGISTRY: Final = (redis_names.CAMERAS, redis_names.camera(_ANY))
# What forgetting a person deletes, beside frames, which it need not read.
_STREAMS: Final = (redis_names.FACES, redis_names.PREDICTIONS, redis_names.SIGHTINGS)
_FACES_AND_NAMES: Final = (
    *(*_STREAMS, *(redis_names.dead(stream) for stream in _STREAMS)),
    *(redis_names.previews(_ANY), redis_names.track(_ANY), redis_names.view(_ANY)),
    *(redis_names.VIEWS, redis_names.kept_face(_ANY), redis_names.enrolment(_ANY), redis_names.FORGETTINGS),
)


def _own(service: str) -> tuple[str, str]:
    """Return the keys by which a service says that it runs, and how it does."""
    return redis_names.heartbeat(service, _ANY), redis_names.metrics(service, _ANY)


ACCESS: Final[Mapping[str, Access]] = {
    redis_names.CAPTURE: Access(
        (
            *(*_TRANSACTION, *_FOREIGN_VALUES, "set", "exists", "sadd", "srem", "hincrby", "expire", "persist"),
            *("xadd", "xtrim", "xlen"),
        ),
        reads=(redis_names.enrolment(_ANY), redis_names.FORGETTINGS),
        writes=(redis_names.frames(_ANY), *_REGISTRY),
        reads_and_writes=(redis_names.DROPPED, *_own(redis_names.CAPTURE)),
    ),
    redis_names.EXTRACTOR: Access(
        (
            *(*_TRANSACTION, *_FOREIGN_VALUES, *_CONSUMER, *_REGISTRY_UPKEEP, "xadd", "xtrim", "set", "pexpire"),
            *("hset", "hincrby", "zadd", "zcard", "zrem", "zremrangebyscore", "time"),
        ),
        reads=(redis_names.camera(_ANY), redis_names.watched(_ANY)),
        writes=(redis_names.FACES, redis_names.previews(_ANY)),
        reads_and_writes=(
            *(redis_names.DROPPED, redis_names.CAMERAS),
            *(redis_names.frames(_ANY), redis_names.enrolment(_ANY)),
            *(redis_names.lease(_ANY), redis_names.EXTRACTORS, *_own(redis_names.EXTRACTOR)),
        ),
    ),
    redis_names.TRAINER: Access(
        (*_TRANSACTION, *_FOREIGN_VALUES, *_JOBS, *_WORKER, "hexists", "set", "xadd"),
        writes=(redis_names.MODEL_VERSIONS,),
        reads_and_writes=(_RQ_KEYS,),
        channels=("rq:pubsub:*",),
    ),
    redis_names.INFERENCE: Access(
        (
            *(*_TRANSACTION, *_FOREIGN_VALUES, *_CONSUMER, *_JOBS, *_REGISTRY_UPKEEP, *_FORGETTING, *_ENROLMENT),
            *("set", "sadd", "xadd", "xread"),
        ),
        reads=(
            *(redis_names.camera(_ANY), redis_names.MODEL_VERSIONS),
            *(redis_names.heartbeat(_ANY, _ANY), redis_names.metrics(_ANY, _ANY)),
        ),
        writes=(redis_names.frames(_ANY), *_own(redis_names.INFERENCE)),
        reads_and_writes=(
            *(*_FACES_AND_NAMES, redis_names.KEPT_FACES, redis_names.watched(_ANY), _RQ_KEYS),
            *(redis_names.CAMERAS, redis_names.DROPPED),
        ),
    ),
    redis_names.CLI: Access(
        (*_TRANSACTION, *_JOBS, *_REGISTRY_UPKEEP, *_FORGETTING, *_ENROLMENT, "xread", "xrange", "time"),
        reads=(redis_names.EXTRACTORS,),
        writes=(redis_names.frames(_ANY),),
        reads_and_writes=(*_REGISTRY, *_FACES_AND_NAMES, redis_names.DROPPED, _RQ_KEYS),
    ),
    redis_names.READER: Access(
        ("xread", "xrange", "xrevrange", "xlen"),
        reads=(redis_names.PREDICTIONS, redis_names.SIGHTINGS, redis_names.MODEL_VERSIONS),
    ),
}


def acl_file(passwords: Mapping[str, str], version: Version) -> str:
    """Return the ACL file of a server of this version; it holds the SHA-256 of each user's password."""
    users = (f"user {user} on {_rules(access, passwords[user], version)}" for user, access in ACCESS.items())
    return "\n".join(("user default off resetpass resetkeys resetchannels -@all", *users, ""))


def _rules(access: Access, password: str, version: Version) -> str:
    read, write = ("%R~", "%W~") if version >= READ_OR_WRITE else ("~", "~")
    return " ".join(
        (
            f"resetpass #{hashlib.sha256(password.encode()).hexdigest()} resetkeys resetchannels -@all",
            *(f"+{command}" for command in dict.fromkeys((*_CONNECTION, *access.commands))),
            *(f"{read}{key}" for key in access.reads),
            *(f"{write}{key}" for key in access.writes),
            *(f"~{key}" for key in access.reads_and_writes),
            *(f"&{channel}" for channel in access.channels),
        )
    )
