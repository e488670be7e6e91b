"""Run capture: one thread per camera of FAMILIAR_CAMERAS, and a WebSocket server for browser cameras."""

import threading

import structlog

from familiar.services.capture.browser_cameras import BrowserCameras
from familiar.services.capture.camera_worker import CameraWorker
from familiar.services.capture.metrics import REGISTRY
from familiar.services.capture.settings import CaptureSettings
from familiar.shared.contract import redis_names
from familiar.shared.redis.connection import keep_going, open_redis
from familiar.shared.redis.foreign_values import removing_foreign_values
from familiar.shared.redis.heartbeats import beat
from familiar.shared.runtime.logs import configure_logs
from familiar.shared.runtime.metrics import MetricsBoard
from familiar.shared.runtime.service import end_with_a_sentence, end_with_any_thread, load_settings, stop_on_signals

_BEAT_EVERY_SECONDS = 2.0


def main() -> None:
    """Wire settings, connections and threads, and run until told to stop."""
    settings = load_settings(CaptureSettings)
    configure_logs("capture", settings.log_format)
    log = structlog.get_logger()
    stopped = threading.Event()
    stop_on_signals(stopped)
    with end_with_a_sentence():
        client = open_redis(settings.redis_url)
    workers = [CameraWorker(client, camera, address, stopped) for camera, address in settings.cameras.items()]
    with end_with_a_sentence():
        browsers = BrowserCameras(client, settings, stopped).open_server()
    threads = [threading.Thread(target=run) for run in (*(worker.run for worker in workers), browsers.serve_forever)]
    end_with_any_thread()
    for thread in threads:
        thread.start()
    log.info("started", cameras=list(settings.cameras), host=settings.host, camera_port=settings.camera_port)

    board = MetricsBoard(client, "capture", REGISTRY)

    @removing_foreign_values(client, redis_names.CAPTURE)
    def step() -> None:
        beat(client, "capture")
        board.post()
        stopped.wait(_BEAT_EVERY_SECONDS)

    try:
        keep_going(step, stopped.is_set)
    finally:
        stopped.set()
        browsers.shutdown()
        for thread in threads:
            thread.join()
    log.info("stopped")


if __name__ == "__main__":
    main()
