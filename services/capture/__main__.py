"""Run capture: one thread for each camera of FAMILIAR_CAMERAS."""

import threading

import structlog

from services.capture.camera_worker import CameraWorker
from services.capture.metrics import REGISTRY
from services.capture.settings import CaptureSettings
from shared.connection import keep_going, open_redis
from shared.heartbeat import beat
from shared.logs import configure_logs
from shared.metrics import MetricsBoard
from shared.service import end_with_any_thread, load_settings, stop_on_signals

_BEAT_EVERY_SECONDS = 2.0


def main() -> None:
    """Wire settings, connections and threads, and wait for the signal to stop."""
    settings = load_settings(CaptureSettings)
    configure_logs("capture", settings.log_format)
    log = structlog.get_logger()
    stopped = threading.Event()
    stop_on_signals(stopped)
    client = open_redis(settings.redis_url)
    workers = [CameraWorker(client, camera, address, stopped) for camera, address in settings.cameras.items()]
    threads = [threading.Thread(target=worker.run) for worker in workers]
    end_with_any_thread()
    for thread in threads:
        thread.start()
    if not threads:
        log.info("no cameras: set FAMILIAR_CAMERAS, for example FAMILIAR_CAMERAS='door=0'")

    board = MetricsBoard(client, "capture", REGISTRY)

    def step() -> None:
        beat(client, "capture")
        board.post()
        stopped.wait(_BEAT_EVERY_SECONDS)

    try:
        keep_going(step, stopped.is_set)
    finally:
        stopped.set()
        for thread in threads:
            thread.join()
    log.info("stopped")


if __name__ == "__main__":
    main()
