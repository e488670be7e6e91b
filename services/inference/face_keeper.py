"""The edge that keeps the faces of pictures for a correction, behind the answers: nobody waits for Redis."""

import threading
from collections.abc import Sequence
from queue import Empty, Full, Queue

import redis
import structlog
from redis.client import Pipeline

from shared.connection import trouble_of
from shared.images import Image, encode_jpeg
from shared.kept_faces import KeptFaces
from shared.messages import Prediction
from shared.redis_stream import run_transaction

# So many may wait for Redis. They hold their crops in memory, and many times more are never kept at once.
MOST_WAITING = 64
SETTLE_SECONDS = 2.0

_LOOK_EVERY_SECONDS = 0.5

_log = structlog.get_logger()

_Answered = tuple[Prediction, Sequence[Image]]


class FaceKeeper:
    """Takes the faces of answered pictures from any thread, and keeps them in its own."""

    def __init__(self, client: redis.Redis, kept: KeptFaces) -> None:
        """Keep nothing yet; `run` does."""
        self._client = client
        self._kept = kept
        self._waiting: Queue[_Answered | threading.Event] = Queue(MOST_WAITING)
        self._in_trouble = False

    def keep(self, prediction: Prediction, crops: Sequence[Image]) -> None:
        """Hand the faces of a prediction over, in the order of their crops. Where Redis is too slow, they go."""
        try:
            self._waiting.put_nowait((prediction, crops))
        except Full:
            self._say("Redis takes them too slowly")

    def settle(self) -> None:
        """Wait until what was handed over before is kept, or cannot be; for at most `SETTLE_SECONDS`."""
        settled = threading.Event()
        try:
            self._waiting.put(settled, timeout=SETTLE_SECONDS)
        except Full:
            return
        settled.wait(SETTLE_SECONDS)

    def run(self, stopped: threading.Event) -> None:
        """Keep what is handed over, until stopped and nothing waits any more."""
        while not stopped.is_set() or not self._waiting.empty():
            try:
                waiting = self._waiting.get(timeout=_LOOK_EVERY_SECONDS)
            except Empty:
                continue
            if isinstance(waiting, threading.Event):
                waiting.set()
            else:
                self._keep(*waiting)

    def _keep(self, prediction: Prediction, crops: Sequence[Image]) -> None:
        def queue(pipeline: Pipeline) -> None:
            self._kept.keep(pipeline, prediction, (encode_jpeg(crop) for crop in crops))

        try:
            run_transaction(self._client, queue)
        except redis.RedisError as error:
            trouble = trouble_of(error)
            if trouble is None:
                raise
            self._say(trouble)
        else:
            self._in_trouble = False

    def _say(self, trouble: str) -> None:
        """Say once that something is wrong, until something is kept again."""
        if not self._in_trouble:
            _log.warning("faces not kept, so their predictions cannot be corrected", trouble=trouble)
            self._in_trouble = True
