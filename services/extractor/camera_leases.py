"""Leases: each camera's frames are consumed by one extractor at a time, and extractors share the cameras evenly.

A lease is a key with a time to live that holds its extractor's name, so a dead extractor's cameras are taken over
within `LEASE_SECONDS` and a second. redis-py's lock would need the right to run scripts in Redis, which nobody has.
"""

import math
import time
from collections.abc import Callable
from typing import Any

import redis
import structlog
from redis.client import Pipeline

from familiar.shared.contract import redis_names
from familiar.shared.redis.cameras import camera_names
from familiar.shared.redis.foreign_values import say_foreign

LEASE_SECONDS = 3.5
RENEW_SECONDS = 1.0
# Redis' answer for a key without a time to live.
_WITHOUT_AN_END = -1

_LEASE_MILLISECONDS = int(LEASE_SECONDS * 1000)

_log = structlog.get_logger()


class Leases:
    """Camera leases of one extractor."""

    def __init__(self, client: redis.Redis, extractor: str) -> None:
        """Acquire leases as `extractor`, a name that is unique among extractors."""
        self._client = client
        self._extractor = extractor
        self._held: set[str] = set()
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
            # Nobody's clock is ahead of Redis', so these are no extractors.
            pipeline.zremrangebyscore(redis_names.EXTRACTORS, now + LEASE_SECONDS, "+inf")
            pipeline.zcard(redis_names.EXTRACTORS)
            return int(pipeline.execute()[-1])

    def _take(self, camera: str) -> None:
        if self._client.set(redis_names.lease(camera), self._extractor, nx=True, px=_LEASE_MILLISECONDS):
            self._held.add(camera)
            self._newly_taken.append(camera)
            _log.info("camera taken", camera=camera)
            return
        remaining: Any = self._client.ttl(redis_names.lease(camera))
        if remaining == _WITHOUT_AN_END:
            # A lease always ends; this would keep every extractor from the camera for ever.
            say_foreign(redis_names.lease(camera), b"")
            self._client.delete(redis_names.lease(camera))
        elif remaining > math.ceil(LEASE_SECONDS):
            # Redis' clock was put back. Whoever is alive renews the lease, and a dead holder's ends as it would have.
            self._client.pexpire(redis_names.lease(camera), _LEASE_MILLISECONDS)

    def _keep_held(self) -> None:
        for camera in self.cameras:
            if not self._if_ours(camera, lambda pipeline, lease: pipeline.pexpire(lease, _LEASE_MILLISECONDS)):
                self._held.remove(camera)
                _log.warning("camera lost to another extractor", camera=camera)

    def _give_back(self, camera: str) -> None:
        self._held.remove(camera)
        if self._if_ours(camera, lambda pipeline, lease: pipeline.delete(lease)):
            _log.info("camera given back", camera=camera)
        else:
            _log.warning("camera lost to another extractor", camera=camera)

    def _if_ours(self, camera: str, queue_command: Callable[[Pipeline, str], object]) -> bool:
        """Run a command on a camera's lease if it is still this extractor's, and return whether it is."""
        lease = redis_names.lease(camera)

        def commit(pipeline: Pipeline) -> None:
            holder: Any = pipeline.get(lease)
            if holder == self._extractor.encode():
                pipeline.multi()
                queue_command(pipeline, lease)

        return bool(self._client.transaction(commit, lease))
