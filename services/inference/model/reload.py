"""Hot reload: the version that the store calls current is loaded beside the serving one, and then swapped in."""

import threading
import time
import weakref

import redis
import structlog

from familiar.services.inference.model.predictor import Predictor, load_predictor
from familiar.shared.contract import redis_names
from familiar.shared.contract.errors import FamiliarError, NoModel
from familiar.shared.redis.connection import BLOCK_MILLISECONDS
from familiar.shared.redis.stream import read_after
from familiar.shared.stores.models import ModelStore

# A step takes 10 to 25 ms of a core, and delays answers. docs/FIGURES.md has their delays without rests.
_REST_SECONDS = 0.02

_log = structlog.get_logger()


def _rest() -> None:
    time.sleep(_REST_SECONDS)


class ServedModel:
    """Reference to the predictor that serves now; a request keeps the one that it got to its end."""

    def __init__(self, store: ModelStore) -> None:
        """Serve nothing yet; `store` tells whether a version still exists."""
        self._store = store
        self._predictor: Predictor | None = None
        self._former: list[weakref.ref[Predictor]] = []

    def get(self) -> Predictor:
        """Return the predictor that serves now.

        A version that was deleted answers no more, even before the watcher notices: somebody was forgotten.

        Raises:
            NoModel: none does.
        """
        predictor = self._predictor
        if predictor is None:
            raise NoModel
        self.require(predictor)
        return predictor

    def require(self, predictor: Predictor) -> None:
        """Check that the version of a predictor has not been deleted since.

        Raises:
            NoModel: it has.
        """
        if not self._store.has(predictor.version):
            raise NoModel

    def swap(self, predictor: Predictor | None) -> None:
        """Serve another predictor from now on; the one before is freed after its last request."""
        before, self._predictor = self._predictor, predictor
        if before is not None:
            self._former = [*(former for former in self._former if former() is not None), weakref.ref(before)]

    @property
    def version(self) -> int | None:
        """Version that serves now, or None."""
        return self._predictor.version if self._predictor else None

    @property
    def retiring(self) -> frozenset[int]:
        """Versions that serve no more, and still answer requests that began before."""
        return frozenset(former.version for reference in self._former if (former := reference()) is not None)


class ModelWatcher:
    """Watcher of the store's current version: on every hint from Redis, and every second without one."""

    def __init__(self, client: redis.Redis, store: ModelStore, served: ServedModel) -> None:
        self._client = client
        self._store = store
        self.served = served
        self._failed: dict[int, str] = {}
        self._loading: int | None = None
        self._polling = threading.Lock()

    @property
    def failures(self) -> dict[int, str]:
        """Versions that could not be loaded, and why."""
        return dict(self._failed)

    @property
    def loading(self) -> int | None:
        """Version that is being loaded, or None."""
        return self._loading

    def poll(self) -> None:
        """Serve what the store calls current; if that fails to load, the old version keeps serving.

        Every poll retries it, as its files may have been restored. Thread-safe.
        """
        with self._polling:
            self._poll()

    def _poll(self) -> None:
        current = self._store.current()
        if current == self.served.version:
            return
        if current is None:
            self.served.swap(None)
            _log.warning("no model any more: its version was removed")
            return
        self._loading = current
        try:
            predictor = load_predictor(self._store, current, _rest)
        except (FamiliarError, OSError) as error:
            if self._failed.get(current) != str(error):
                # Not the message: a version's pictures are named after people.
                reason = error.code if isinstance(error, FamiliarError) else error.strerror
                _log.error("version refused", model_version=current, reason=reason, serving=self.served.version)
            self._failed[current] = str(error)
            return
        finally:
            self._loading = None
        self.served.swap(predictor)
        self._failed.pop(current, None)
        _log.info("serving", model_version=current, people=len(predictor.people))

    def watch(self, stopped: threading.Event) -> None:
        """Poll until stopped; Redis only makes it faster, as the store is polled without it, too."""
        newest = b"0"
        while not stopped.is_set():
            self.poll()
            try:
                hints = read_after(self._client, redis_names.MODEL_VERSIONS, newest)
            except redis.RedisError:
                stopped.wait(BLOCK_MILLISECONDS / 1000)
            else:
                newest = hints[-1][0] if hints else newest
