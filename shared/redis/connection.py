"""Redis clients, and a loop that retries with exponential backoff while Redis is unavailable.

The clients never retry a command: after a lost reply, that would publish the same entry twice. Their socket timeout is
longer than the block time of XREADGROUP.
"""

import errno
import random
import time
from collections.abc import Callable

import redis
import redis.asyncio
import structlog
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.retry import Retry

from familiar.shared.contract.errors import RedisUnavailable

BLOCK_MILLISECONDS = 1000
LONGEST_WAIT_SECONDS = 5.0

_SOCKET_TIMEOUT_SECONDS = 10.0
_CONNECT_TIMEOUT_SECONDS = 3.0
# Each followed stream holds one, those of 64 cameras and two more; commands wait for one that is free.
_MOST_CONNECTIONS = 100
_FIRST_WAIT_SECONDS = 0.2
_REDIS_TROUBLES = {
    "MISCONF": "Redis cannot write to its disk",
    "OOM command": "Redis is out of memory",
    "used memory > 'maxmemory'": "Redis is out of memory",
    "READONLY": "Redis takes no writes",
    "read only replica": "Redis takes no writes",
}
DISK_IS_FULL = (errno.ENOSPC, errno.EDQUOT)

_log = structlog.get_logger()


def open_redis(url: str, timeout_seconds: float = _SOCKET_TIMEOUT_SECONDS) -> redis.Redis:
    """Create a client that returns bytes; it connects on first use.

    The default timeout is longer than any blocking command; latency-sensitive callers pass a shorter one.
    """
    return redis.Redis.from_url(
        url,
        # RESP3 replies of stream commands have another shape; pin one.
        protocol=2,
        socket_timeout=timeout_seconds,
        socket_connect_timeout=min(timeout_seconds, _CONNECT_TIMEOUT_SECONDS),
        retry=Retry(NoBackoff(), 0),
    )


def open_async_redis(url: str) -> redis.asyncio.Redis:
    """Create a client like that of `open_redis` for one event loop, where blocked readers take no thread."""
    pool = redis.asyncio.BlockingConnectionPool.from_url(
        url,
        protocol=2,
        socket_timeout=_SOCKET_TIMEOUT_SECONDS,
        socket_connect_timeout=_CONNECT_TIMEOUT_SECONDS,
        retry=AsyncRetry(NoBackoff(), 0),
        max_connections=_MOST_CONNECTIONS,
        timeout=_SOCKET_TIMEOUT_SECONDS,
    )
    return redis.asyncio.Redis(connection_pool=pool)


def require_redis(client: redis.Redis) -> None:
    """Check that Redis answers.

    Raises:
        RedisUnavailable: it does not, or refuses the user or the password.
    """
    try:
        client.ping()
    except redis.AuthenticationError as error:
        raise RedisUnavailable(
            "Redis refuses this user or password. Correct REDIS_URL, or restart `familiar up`."
        ) from error
    except redis.ConnectionError as error:
        raise RedisUnavailable from error
    except redis.TimeoutError as error:
        raise RedisUnavailable from error


def keep_going(step: Callable[[], None], done: Callable[[], bool]) -> None:
    """Repeat `step` until `done` returns true, with exponential backoff and jitter during outages.

    An outage is an unavailable Redis, a Redis out of memory, or a full disk; each is logged once. Any other error is a
    bug and is raised.
    """
    wait_seconds = _FIRST_WAIT_SECONDS
    while not done():
        try:
            step()
        except (redis.RedisError, OSError) as error:
            trouble = trouble_of(error)
            if trouble is None:
                raise
            if wait_seconds == _FIRST_WAIT_SECONDS:
                # The message of an OSError names a file, and files are named after people.
                reason = error.strerror if isinstance(error, OSError) else str(error)
                _log.warning("waiting", trouble=trouble, error=reason)
            _sleep(wait_seconds * random.uniform(0.8, 1.2), done)
            wait_seconds = min(wait_seconds * 2, LONGEST_WAIT_SECONDS)
        else:
            if wait_seconds != _FIRST_WAIT_SECONDS:
                _log.info("going on")
            wait_seconds = _FIRST_WAIT_SECONDS


def _sleep(seconds: float, done: Callable[[], bool]) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until and not done():
        time.sleep(min(0.1, seconds))


def trouble_of(error: Exception) -> str | None:
    """Return a description of the outage behind an error, or None if the error is none."""
    if isinstance(error, redis.AuthenticationError):
        return "Redis refuses this user or password"
    if isinstance(error, redis.ConnectionError | redis.TimeoutError):
        return "Redis does not answer"
    if isinstance(error, redis.RedisError):
        # In transactions, redis-py wraps the server's message in its own.
        return next((trouble for word, trouble in _REDIS_TROUBLES.items() if word in str(error)), None)
    if isinstance(error, OSError) and error.errno in DISK_IS_FULL:
        return "the disk is full"
    return None
