"""The edge that keeps the faces of pictures for a correction, behind the answers: nobody waits for Redis."""

import threading
from collections.abc import Sequence
from contextlib import suppress
from queue import Empty, Full, Queue

import redis
import structlog

from familiar.shared.contract.messages import Prediction
from familiar.shared.redis.connection import trouble_of
from familiar.shared.redis.kept_faces import KeptFaces
from familiar.shared.redis.stream import run_transaction
from familiar.shared.vision.images import Image, encode_jpeg

# So many may wait: they hold their crops in memory.
MOST_WAITING = 64
FLUSH_SECONDS = 2.0

_LOOK_EVERY_SECONDS = 0.5

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

    def flush(self) -> None:
        """Wait until what was handed over before is kept, or cannot be; for at most `FLUSH_SECONDS`."""
        flushed = threading.Event()
        with suppress(Full):
            self._waiting.put(flushed, timeout=FLUSH_SECONDS)
            flushed.wait(FLUSH_SECONDS)

    def run(self, stopped: threading.Event) -> None:
        """Keep what is handed over, until stopped and nothing waits any more."""
        while not stopped.is_set() or not self._waiting.empty():
            with suppress(Empty):
                waiting = self._waiting.get(timeout=_LOOK_EVERY_SECONDS)
                if isinstance(waiting, threading.Event):
                    waiting.set()
                else:
                    self._keep(*waiting)

    def _keep(self, prediction: Prediction, crops: Sequence[Image | bytes]) -> None:
        try:
            run_transaction(self._client, lambda pipeline: self._kept.keep(pipeline, prediction, map(_as_jpeg, crops)))
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
