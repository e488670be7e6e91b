"""Run inference: HTTP, the streams of faces and sightings, and the watch for new model versions, in one process."""

import gc
import sys
import threading

import structlog

from services.inference.app import Stores, create_app
from services.inference.departures import watch_departures
from services.inference.face_keeper import FaceKeeper
from services.inference.face_worker import FaceWorker
from services.inference.metrics import REGISTRY
from services.inference.metrics_page import SERVICE
from services.inference.reload import ModelWatcher, ServedModel
from services.inference.scheduling import LOCK_ASKED_AFTER_SECONDS, stand_back
from services.inference.server import Server
from services.inference.settings import InferenceSettings
from services.inference.stream_follower import StreamFollower
from services.inference.warm_up import warm_up
from shared.background_store import BackgroundStore
from shared.connection import keep_going, open_async_redis, open_redis
from shared.kept_faces import KeptFaces
from shared.logs import configure_logs
from shared.metrics import POST_EVERY_SECONDS, MetricsBoard, this_instance
from shared.model_store import ModelStore
from shared.sample_store import SampleStore
from shared.service import end_with_a_sentence, end_with_any_thread, load_settings


def main() -> None:
    """Wire settings, connections, threads and the HTTP server."""
    sys.setswitchinterval(LOCK_ASKED_AFTER_SECONDS)
    settings = load_settings(InferenceSettings)
    configure_logs("inference", settings.log_format)
    log = structlog.get_logger()
    client = open_redis(settings.redis_url)
    models = ModelStore(settings.home)
    watcher = ModelWatcher(client, models, ServedModel(models))
    watcher.follow()
    kept = KeptFaces(client, settings.kept_faces)
    faces = FaceWorker(client, this_instance(), watcher.served, kept)
    keeper = FaceKeeper(client, kept)
    stores = Stores(SampleStore(settings.home), BackgroundStore(settings.home), models, keeper)
    stopped = threading.Event()
    follower = StreamFollower(open_async_redis(settings.redis_url), stopped)
    impatient = open_redis(settings.redis_url, timeout_seconds=0.5)
    with end_with_a_sentence():
        app = create_app(client, stores, watcher, follower, impatient, settings)
    warm_up(app)
    board = MetricsBoard(client, SERVICE, REGISTRY)

    def post() -> None:
        board.post()
        stopped.wait(POST_EVERY_SECONDS)

    end_with_any_thread()
    threads = [
        threading.Thread(target=watcher.watch, args=(stopped,)),
        threading.Thread(target=keep_going, args=(faces.step, stopped.is_set)),
        threading.Thread(target=watch_departures, args=(client, stopped)),
        threading.Thread(target=keeper.run, args=(stopped,)),
        threading.Thread(target=keep_going, args=(post, stopped.is_set)),
    ]
    for thread in threads:
        thread.start()
    # What is there by now stays. Looking through all of it for garbage, again and again, would hold every answer up.
    gc.freeze()
    log.info("started", host=settings.host, port=settings.port, model_version=watcher.served.version)
    stand_back()
    try:
        Server(app, settings.host, settings.port, stopped).run()
    finally:
        stopped.set()
        for thread in threads:
            thread.join()
        log.info("stopped")


if __name__ == "__main__":
    main()
