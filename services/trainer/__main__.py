"""Run the trainer: an RQ worker that trains in a forked child.

Only the child imports TensorFlow: it is not fork-safe, and this process lives for days.
"""

import os
import threading

import structlog

from familiar.services.trainer.rq_worker import work_on_training
from familiar.services.trainer.settings import NICENESS, TrainerSettings
from familiar.shared.contract import redis_names
from familiar.shared.redis.connection import keep_going, open_redis
from familiar.shared.redis.foreign_values import remove_foreign_values
from familiar.shared.redis.training_queue import training_records
from familiar.shared.runtime.logs import configure_logs
from familiar.shared.runtime.private_files import keep_private
from familiar.shared.runtime.service import end_with_a_sentence, load_settings, stop_on_signals
from familiar.shared.stores.encryption_key import required_seals


def main() -> None:
    """Wire settings and the connection, and process jobs until told to stop."""
    settings = load_settings(TrainerSettings)
    configure_logs("trainer", settings.log_format)
    keep_private(settings.home)
    # TensorFlow logs the CPU's features to standard error on every import.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.nice(NICENESS)
    log = structlog.get_logger()
    with end_with_a_sentence():
        client = open_redis(settings.redis_url)
        required_seals(settings.home, settings)
    stopped = threading.Event()
    stop_on_signals(stopped)
    answered = threading.Event()

    def step() -> None:
        remove_foreign_values(client, redis_names.TRAINER)
        answered.set()

    keep_going(step, lambda: answered.is_set() or stopped.is_set())
    if not stopped.is_set():
        log.info("started", weights=settings.weights)
        work_on_training(client, training_records(settings.home))
    log.info("stopped")


if __name__ == "__main__":
    main()
