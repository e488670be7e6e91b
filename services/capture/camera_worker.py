"""A camera of FAMILIAR_CAMERAS: its source is opened, and reopened with exponential backoff when it fails."""

import threading

import redis
import structlog

from familiar.services.capture.capture import capture_images
from familiar.services.capture.publisher import FramePublisher
from familiar.shared.contract.errors import SourceFailed
from familiar.shared.contract.source_address import SourceAddress
from familiar.shared.redis.cameras import CameraState

_FIRST_RETRY_SECONDS = 1.0
_LONGEST_RETRY_SECONDS = 30.0

_log = structlog.get_logger()


class CameraWorker:
    """Publisher of what one camera sees, until `stopped` is set."""

    def __init__(self, client: redis.Redis, camera: str, address: SourceAddress, stopped: threading.Event) -> None:
        self._camera = camera
        self._address = address
        self._stopped = stopped
        self._publisher = FramePublisher(client, camera, address.shown, stopped, fast=address.fast)

    def run(self) -> None:
        """Publish until stopped; a failing source is retried with exponential backoff, an ended one stays announced."""
        wait_seconds = _FIRST_RETRY_SECONDS
        while not self._stopped.is_set():
            self._publisher.reopen()
            try:
                self._publish_source()
            except SourceFailed as error:
                if self._publisher.published:
                    wait_seconds = _FIRST_RETRY_SECONDS
                _log.warning("camera fails", camera=self._camera, error=error.detail, retry_in_seconds=wait_seconds)
                self._publisher.rest(CameraState.FAILING, error.detail, wait_seconds)
                wait_seconds = min(wait_seconds * 2, _LONGEST_RETRY_SECONDS)
            else:
                _log.info("camera ended", camera=self._camera, frames=self._publisher.published)
                self._publisher.rest(CameraState.ENDED, "The file has been played to its end.", None)

    def _publish_source(self) -> None:
        for image in capture_images(self._address, self._stopped.wait):
            if self._stopped.is_set():
                return
            if not self._publisher.published:
                _log.info("camera runs", camera=self._camera, source=self._address.kind.name.lower())
            self._publisher.publish(image)
