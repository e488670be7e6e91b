"""Leases: each camera's frames are consumed by one extractor at a time, and extractors share the cameras evenly.

A lease is a Redis lock with a time to live, so a dead extractor's cameras are taken over within `LEASE_SECONDS` and a
second.
"""

import math
import time

import redis
import structlog
from redis.exceptions import LockError
from redis.lock import Lock  # noqa: TC002 - an import that only a checker makes is harder to read than this one

from familiar.shared.contract import redis_names
from familiar.shared.redis.cameras import camera_names

LEASE_SECONDS = 3.5
RENEW_SECONDS = 1.0

_log = structlog.get_logger()


class Leases:
    """Camera leases of one extractor."""

    def __init__(self, client: redis.Redis, extractor: str) -> None:
        """Acquire leases as `extractor`, a name that is unique among extractors."""
        self._client = client
        self._extractor = extractor
        self._held: dict[str, Lock] = {}
        self._newly_taken: list[str] = []
        self._renewed_at = 0.0

    @property
    def cameras(self) -> tuple[str, ...]:
        """Cameras that this extractor holds, sorted."""
        return tuple(sorted(self._held))

    def holds(self, camera: str) -> bool:
        """Return whether this extractor holds a camera."""
        return camera in self._held

    def newly_taken(self) -> tuple[str, ...]:
        """Return the cameras that were taken since the last call, and are still held."""
        taken, self._newly_taken = self._newly_taken, []
        return tuple(camera for camera in taken if camera in self._held)

    def take_anew(self) -> None:
        """Mark every camera held as newly taken."""
        self._newly_taken = list(self._held)

    def renew(self) -> None:
        """Renew leases, release those beyond the fair share, and acquire free ones, at most once a second."""
        if time.monotonic() - self._renewed_at < RENEW_SECONDS:
            return
        self._keep_held()
        cameras = camera_names(self._client)
        share = math.ceil(len(cameras) / self._count_extractors())
        for camera in self.cameras:
            if camera not in cameras or len(self._held) > share:
                self._give_back(camera)
        for camera in cameras:
            if len(self._held) < share and camera not in self._held:
                self._take(camera)
        self._renewed_at = time.monotonic()

    def release(self) -> None:
        """Release every lease, so that other extractors take over at once."""
        for camera in self.cameras:
            self._give_back(camera)
        self._client.zrem(redis_names.EXTRACTORS, self._extractor)

    def _count_extractors(self) -> int:
        # Redis' clock is the only one that all extractors share.
        seconds, microseconds = self._client.time()
        now = seconds + microseconds / 1e6
        with self._client.pipeline(transaction=True) as pipeline:
            pipeline.zadd(redis_names.EXTRACTORS, {self._extractor: now})
            pipeline.zremrangebyscore(redis_names.EXTRACTORS, "-inf", now - LEASE_SECONDS)
            pipeline.zcard(redis_names.EXTRACTORS)
            return int(pipeline.execute()[-1])

    def _take(self, camera: str) -> None:
        lock = self._client.lock(redis_names.lease(camera), timeout=LEASE_SECONDS, thread_local=False)
        if lock.acquire(blocking=False, token=self._extractor):
            self._held[camera] = lock
            self._newly_taken.append(camera)
            _log.info("camera taken", camera=camera)

    def _keep_held(self) -> None:
        for camera, lock in list(self._held.items()):
            try:
                lock.reacquire()
            except LockError:
                del self._held[camera]
                _log.warning("camera lost to another extractor", camera=camera)

    def _give_back(self, camera: str) -> None:
        try:
            self._held.pop(camera).release()
        except LockError:
            _log.warning("camera lost to another extractor", camera=camera)
        else:
            _log.info("camera given back", camera=camera)
