"""What counts as the world being down, asked of a real Redis."""

import threading
from collections.abc import Callable, Iterator

import pytest
import redis
from redis.client import Pipeline

from familiar.shared.redis.connection import keep_going, open_redis, trouble_of
from familiar.shared.redis.stream import run_transaction
from tests.builders import closed_port


@pytest.fixture(params=["plain", "in a transaction"])
def write(request: pytest.FixtureRequest, client: redis.Redis) -> Callable[[], object]:
    """Give a write, as a command of its own and inside a transaction, where redis-py wraps what Redis says."""
    if request.param == "plain":
        return lambda: client.set("key", "value")

    def queue(pipeline: Pipeline) -> None:
        pipeline.set("key", "value")

    return lambda: run_transaction(client, queue)


@pytest.fixture
def out_of_memory(client: redis.Redis) -> Iterator[None]:
    """Let Redis have no memory for writes."""
    client.config_set("maxmemory", 1)
    yield
    client.config_set("maxmemory", 0)


@pytest.fixture
def read_only(client: redis.Redis) -> Iterator[None]:
    """Let Redis be somebody's copy, which takes no writes."""
    client.execute_command("REPLICAOF", "127.0.0.1", "1")
    yield
    client.execute_command("REPLICAOF", "NO", "ONE")


@pytest.mark.usefixtures("out_of_memory")
def test_redis_out_of_memory_is_waited_for(write: Callable[[], object]) -> None:
    """However the write is made."""
    with pytest.raises(redis.RedisError) as caught:
        write()
    assert trouble_of(caught.value) == "Redis is out of memory"


@pytest.mark.usefixtures("read_only")
def test_a_redis_that_takes_no_writes_is_waited_for(write: Callable[[], object]) -> None:
    """However the write is made."""
    with pytest.raises(redis.RedisError) as caught:
        write()
    assert trouble_of(caught.value) == "Redis takes no writes"


def test_a_redis_that_is_away_is_waited_for() -> None:
    """Nobody listens there."""
    with pytest.raises(redis.ConnectionError) as caught:
        open_redis(f"redis://127.0.0.1:{closed_port()}/0").ping()
    assert trouble_of(caught.value) == "Redis does not answer"


def test_a_command_that_makes_no_sense_is_a_bug(client: redis.Redis) -> None:
    """Waiting would not mend it."""
    with pytest.raises(redis.ResponseError) as caught:
        client.execute_command("SET", "key")
    assert trouble_of(caught.value) is None
    with pytest.raises(redis.ResponseError):
        keep_going(lambda: client.execute_command("SET", "key"), lambda: False)


@pytest.mark.usefixtures("out_of_memory")
def test_work_goes_on_when_the_world_is_up_again(client: redis.Redis) -> None:
    """The same step is repeated until it succeeds, and no error comes through."""
    done = threading.Event()
    tries = []

    def step() -> None:
        tries.append(1)
        if len(tries) == 2:
            client.config_set("maxmemory", 0)
        client.set("key", "value")
        done.set()

    keep_going(step, done.is_set)
    assert client.get("key") == b"value"
    assert len(tries) == 2
