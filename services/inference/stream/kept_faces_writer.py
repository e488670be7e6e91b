"""The edge that keeps the faces of pictures for a correction, behind the answers: nobody waits for Redis."""

import threading
from collections.abc import Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue

import redis
import structlog

from familiar.shared.contract.messages import Prediction
from familiar.shared.redis.connection import trouble_of
from familiar.shared.redis.kept_faces import KeptFaces
from familiar.shared.redis.stream import run_transaction
from familiar.shared.vision.images import Image, encode_jpeg

# So many may wait. They hold their crops in memory, and many times more are never kept at once.
MOST_WAITING = 64
SETTLE_SECONDS = 2.0

_LOOK_EVERY_SECONDS = 0.5
# Many that are kept in one go cost Redis and this process little more than one.
_COLLECT_SECONDS = 0.05
_ENOUGH_COLLECTED = MOST_WAITING // 2

_log = structlog.get_logger()

_Answered = tuple[Prediction, Sequence[Image | bytes]]


class FaceKeeper:
    """Takes the faces of answered pictures from any thread, and keeps them in its own."""

    def __init__(self, client: redis.Redis, kept: KeptFaces) -> None:
        """Keep nothing yet; `run` does."""
        self._client = client
        self._kept = kept
        self._waiting: SimpleQueue[_Answered | threading.Event] = SimpleQueue()
        self._hurried = threading.Event()
        self._in_trouble = False

    def keep(self, prediction: Prediction, crops: Sequence[Image | bytes]) -> None:
        """Hand the faces of a prediction over, in the order of their crops: images, or JPEGs.

        Where Redis is too slow, they go.
        """
        waiting = self._waiting.qsize()
        if waiting >= MOST_WAITING:
            self._say("Redis takes them too slowly")
            return
        self._waiting.put((prediction, crops))
        if waiting >= _ENOUGH_COLLECTED:
            self._hurried.set()

    def settle(self) -> None:
        """Wait until what was handed over before is kept, or cannot be; for at most `SETTLE_SECONDS`."""
        settled = threading.Event()
        self._waiting.put(settled)
        self._hurried.set()
        settled.wait(SETTLE_SECONDS)

    def run(self, stopped: threading.Event) -> None:
        """Keep what is handed over, until stopped and nothing waits any more."""
        while not stopped.is_set() or not self._waiting.empty():
            collected = self._collect()
            if answered := [waiting for waiting in collected if not isinstance(waiting, threading.Event)]:
                self._keep(answered)
            for waiting in collected:
                if isinstance(waiting, threading.Event):
                    waiting.set()

    def _collect(self) -> list[_Answered | threading.Event]:
        """Take all that waits, a moment after the first came, or as soon as it is enough or somebody waits for it."""
        collected: list[_Answered | threading.Event] = []
        with suppress(Empty):
            collected.append(self._waiting.get(timeout=_LOOK_EVERY_SECONDS))
            self._hurried.wait(_COLLECT_SECONDS)
            self._hurried.clear()
            while True:
                collected.append(self._waiting.get_nowait())
        return collected

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
