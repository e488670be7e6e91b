"""Background writer of the faces that are kept for corrections: no HTTP answer waits for Redis."""

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import Empty, Full, Queue

import redis
import structlog
from redis.client import Pipeline

from familiar.shared.contract import redis_names
from familiar.shared.contract.messages import Prediction
from familiar.shared.redis.connection import trouble_of
from familiar.shared.redis.foreign_values import removing_foreign_values
from familiar.shared.redis.kept_faces import KeptFaces
from familiar.shared.vision.images import Image, encode_jpeg

# Bounds memory: what waits holds its crops.
MOST_WAITING = 64
FLUSH_SECONDS = 2.0

_LOOK_EVERY_SECONDS = 0.5

_log = structlog.get_logger()

_Answered = tuple[Prediction, Sequence[Image | bytes]]


class KeptFacesWriter:
    """Bounded queue of answered faces, filled from any thread and written to Redis by one."""

    def __init__(self, client: redis.Redis, kept: KeptFaces, exists: Callable[[int], bool]) -> None:
        """Keep faces that model versions named that still exist, as `exists` tells; others knew somebody forgotten."""
        self._client = client
        self._exists = exists
        self._kept = kept
        self._waiting: Queue[_Answered | threading.Event] = Queue(MOST_WAITING)
        self._in_trouble = False

    def keep(self, prediction: Prediction, crops: Sequence[Image | bytes]) -> None:
        """Enqueue the faces of a prediction, with their crops in order, as images or JPEGs.

        Where Redis is too slow and the queue is full, they are dropped.
        """
        try:
            self._waiting.put_nowait((prediction, crops))
        except Full:
            self._say("Redis takes them too slowly")

    def flush(self) -> None:
        """Wait until what was enqueued before is kept, or cannot be; for at most twice `FLUSH_SECONDS`."""
        flushed = threading.Event()
        with suppress(Full):
            self._waiting.put(flushed, timeout=FLUSH_SECONDS)
            flushed.wait(FLUSH_SECONDS)

    def run(self, stopped: threading.Event) -> None:
        """Keep what is enqueued, until stopped and the queue is empty."""
        while not stopped.is_set() or not self._waiting.empty():
            with suppress(Empty):
                waiting = self._waiting.get(timeout=_LOOK_EVERY_SECONDS)
                if isinstance(waiting, threading.Event):
                    waiting.set()
                else:
                    self._keep(*waiting)

    def _keep(self, prediction: Prediction, crops: Sequence[Image | bytes]) -> None:
        def commit(pipeline: Pipeline) -> None:
            exists = self._exists(prediction.model_version)
            pipeline.multi()
            if exists:
                self._kept.keep(pipeline, prediction, map(_as_jpeg, crops))

        try:
            # A version is deleted before the counter changes, so none is missed.
            with removing_foreign_values(self._client, redis_names.INFERENCE):
                self._client.transaction(commit, redis_names.FORGETTINGS)
        except redis.RedisError as error:
            trouble = trouble_of(error)
            if trouble is None:
                raise
            self._say(trouble)
        else:
            self._in_trouble = False

    def _say(self, trouble: str) -> None:
        """Log trouble once, until a face is kept again."""
        if not self._in_trouble:
            _log.warning("faces not kept, so their predictions cannot be corrected", trouble=trouble)
            self._in_trouble = True


def _as_jpeg(crop: Image | bytes) -> bytes:
    return crop if isinstance(crop, bytes) else encode_jpeg(crop)
