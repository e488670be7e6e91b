"""The edge that keeps the faces of pictures for a correction, behind the answers: nobody waits for Redis."""

import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from queue import Empty, Full, Queue

import redis
import structlog

from shared.connection import trouble_of
from shared.images import Image, encode_jpeg
from shared.kept_faces import KeptFaces
from shared.messages import Prediction
from shared.redis_stream import run_transaction

# So many may wait for Redis. They hold their crops in memory, and many times more are never kept at once.
MOST_WAITING = 64
SETTLE_SECONDS = 2.0

_LOOK_EVERY_SECONDS = 0.5
# Many that are kept in one go cost Redis and this process little more than one.
_COLLECT_SECONDS = 0.05

_log = structlog.get_logger()

_Answered = tuple[Prediction, Sequence[Image | bytes]]


class FaceKeeper:
    """Takes the faces of answered pictures from any thread, and keeps them in its own."""

    def __init__(self, client: redis.Redis, kept: KeptFaces) -> None:
        """Keep nothing yet; `run` does."""
        self._client = client
        self._kept = kept
        self._waiting: Queue[_Answered | threading.Event] = Queue(MOST_WAITING)
        self._in_trouble = False

    def keep(self, prediction: Prediction, crops: Sequence[Image | bytes]) -> None:
        """Hand the faces of a prediction over, in the order of their crops: images, or JPEGs.

        Where Redis is too slow, they go.
        """
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
            answered, settled = self._collect()
            if answered:
                self._keep(answered)
            if settled:
                settled.set()

    def _collect(self) -> tuple[list[_Answered], threading.Event | None]:
        """Take what comes within a moment, or until somebody waits for it to be kept."""
        answered: list[_Answered] = []
        until = time.monotonic() + _LOOK_EVERY_SECONDS
        with suppress(Empty):
            while True:
                waiting = self._waiting.get(timeout=max(0.0, until - time.monotonic()))
                if isinstance(waiting, threading.Event):
                    return answered, waiting
                if not answered:
                    until = time.monotonic() + _COLLECT_SECONDS
                answered.append(waiting)
        return answered, None

    def _keep(self, answered: Sequence[_Answered]) -> None:
        encoded = [(prediction, map(_as_jpeg, crops)) for prediction, crops in answered]
        try:
            run_transaction(self._client, lambda pipeline: self._kept.keep_all(pipeline, encoded))
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


def _as_jpeg(crop: Image | bytes) -> bytes:
    return crop if isinstance(crop, bytes) else encode_jpeg(crop)
