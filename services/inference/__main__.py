"""Run inference: HTTP, the streams of faces and sightings, and the model watcher, in one process."""

import gc
import sys
import threading
from contextlib import suppress

import redis
import structlog

from familiar.services.inference.expiry_watch import watch_expiry
from familiar.services.inference.http.app import Stores, create_app
from familiar.services.inference.http.server import Server
from familiar.services.inference.metrics.measured import REGISTRY
from familiar.services.inference.metrics.page import SERVICE
from familiar.services.inference.model.reload import ModelWatcher, ServedModel
from familiar.services.inference.settings import InferenceSettings
from familiar.services.inference.stream.departures import watch_departures
from familiar.services.inference.stream.face_worker import FaceWorker
from familiar.services.inference.stream.kept_faces_writer import KeptFacesWriter
from familiar.services.inference.stream.stream_follower import StreamFollower
from familiar.shared.access.token_store import TokenStore
from familiar.shared.audit.audit_log import AuditLog
from familiar.shared.audit.entry import Action, own_entry
from familiar.shared.contract import redis_names
from familiar.shared.people.forget import finish_forgettings
from familiar.shared.redis.connection import keep_going, open_async_redis, open_redis
from familiar.shared.redis.foreign_values import removing_foreign_values
from familiar.shared.redis.kept_faces import KeptFaces
from familiar.shared.runtime.logs import configure_logs
from familiar.shared.runtime.metrics import POST_EVERY_SECONDS, MetricsBoard, this_instance
from familiar.shared.runtime.private_files import keep_private
from familiar.shared.runtime.service import end_with_a_sentence, end_with_any_thread, load_settings
from familiar.shared.stores.encryption_key import required_seals
from familiar.shared.stores.models import ModelStore
from familiar.shared.stores.samples import SampleStore
from familiar.shared.stores.strangers import StrangerStore

# How long a thread waits before it requests the GIL. With Python's default of 5 ms, GIL contention left the cores idle
# for a tenth of the time under load.
_SWITCH_INTERVAL_SECONDS = 0.00002
# How soon a forgetting is completed whose command was killed.
_FORGET_EVERY_SECONDS = 1.0


def main() -> None:
    """Wire settings, connections, threads and the HTTP server."""
    sys.setswitchinterval(_SWITCH_INTERVAL_SECONDS)
    settings = load_settings(InferenceSettings)
    configure_logs("inference", settings.log_format)
    keep_private(settings.home)
    log = structlog.get_logger()
    with end_with_a_sentence():
        client = open_redis(settings.redis_url)
        seals = required_seals(settings.home, settings)
    models = ModelStore(settings.home)
    watcher = ModelWatcher(client, models, ServedModel(models))
    samples = SampleStore(settings.home, settings.quotas, seals)
    audit = AuditLog(settings.home, log.warning)

    def finish_interrupted() -> None:
        for _ in range(finish_forgettings(client, samples, models)):
            audit.append(own_entry(Action.FORGET))

    # Before anything is served; where Redis is away, the disk's part at least.
    with suppress(redis.RedisError):
        finish_interrupted()
    watcher.poll()
    kept = KeptFaces(client, settings.kept_faces, settings.keep_faces_minutes, seals)
    faces = FaceWorker(client, this_instance(), watcher.served, kept)
    keeper = KeptFacesWriter(client, kept, models.has)
    tokens = TokenStore(settings.home)
    with end_with_a_sentence():
        tokens.require_admin()
    stores = Stores(samples, StrangerStore(settings.home, settings.quotas, seals), models, keeper, tokens)
    stopped = threading.Event()
    follower = StreamFollower(open_async_redis(settings.redis_url), stopped)
    short_timeout_client = open_redis(settings.redis_url, timeout_seconds=0.5)
    with end_with_a_sentence():
        app = create_app(client, stores, watcher, follower, short_timeout_client, settings)
    board = MetricsBoard(client, SERVICE, REGISTRY)

    @removing_foreign_values(client, redis_names.INFERENCE)
    def post() -> None:
        board.post()
        stopped.wait(POST_EVERY_SECONDS)

    def forget() -> None:
        finish_interrupted()
        stopped.wait(_FORGET_EVERY_SECONDS)

    end_with_any_thread()
    threads = [
        threading.Thread(target=watcher.watch, args=(stopped,)),
        threading.Thread(
            target=keep_going, args=(removing_foreign_values(client, redis_names.INFERENCE)(faces.step), stopped.is_set)
        ),
        threading.Thread(target=watch_departures, args=(client, stopped)),
        threading.Thread(target=keeper.run, args=(stopped,)),
        threading.Thread(target=keep_going, args=(post, stopped.is_set)),
        threading.Thread(target=keep_going, args=(forget, stopped.is_set)),
        threading.Thread(target=watch_expiry, args=(client, samples, stores.strangers, models, settings, stopped)),
    ]
    for thread in threads:
        thread.start()
    # What is allocated by now stays. Scanning all of it in every full collection would delay answers.
    gc.freeze()
    log.info("started", host=settings.host, port=settings.port, model_version=watcher.served.version)
    try:
        Server(app, settings.host, settings.port, stopped).run()
    finally:
        stopped.set()
        for thread in threads:
            thread.join()
        log.info("stopped")


if __name__ == "__main__":
    main()
