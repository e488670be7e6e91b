"""Run an extractor; any number of them share the cameras."""

import threading

import structlog

from familiar.services.extractor.detectors import Detectors
from familiar.services.extractor.enrolment_restorer import EnrolmentRestorer
from familiar.services.extractor.extract import SampleRules
from familiar.services.extractor.frame_worker import FrameWorker
from familiar.services.extractor.metrics import REGISTRY
from familiar.services.extractor.settings import ExtractorSettings
from familiar.shared.contract import redis_names
from familiar.shared.redis.connection import keep_going, open_redis
from familiar.shared.redis.foreign_values import removing_foreign_values
from familiar.shared.redis.heartbeats import beat
from familiar.shared.runtime.logs import configure_logs
from familiar.shared.runtime.metrics import MetricsBoard, this_instance
from familiar.shared.runtime.private_files import keep_private
from familiar.shared.runtime.service import end_with_a_sentence, end_with_any_thread, load_settings, stop_on_signals
from familiar.shared.stores.encryption_key import required_seals
from familiar.shared.stores.samples import SampleStore


def main() -> None:
    """Wire settings, connections and the loop."""
    settings = load_settings(ExtractorSettings)
    configure_logs("extractor", settings.log_format)
    keep_private(settings.home)
    log = structlog.get_logger()
    stopped = threading.Event()
    stop_on_signals(stopped)
    end_with_any_thread()
    with end_with_a_sentence():
        client = open_redis(settings.redis_url)
        seals = required_seals(settings.home, settings)
    name = this_instance()
    rules = SampleRules(settings.smallest_face, settings.least_sharpness)
    with end_with_a_sentence():
        detectors = Detectors(settings.yunet)
    store = SampleStore(settings.home, settings.quotas, seals)
    restorer = EnrolmentRestorer(client, store)
    worker = FrameWorker(client, name, store, rules, detectors)
    board = MetricsBoard(client, "extractor", REGISTRY)

    @removing_foreign_values(client, redis_names.EXTRACTOR)
    def step() -> None:
        beat(client, "extractor")
        board.post()
        restorer.step()
        worker.step()

    log.info("started", extractor=name)
    keep_going(step, stopped.is_set)
    worker.stop()
    log.info("stopped")


if __name__ == "__main__":
    main()
