"""The trainer's health check: has a worker for training jobs on this host shown life lately?

python -m familiar.services.trainer.health_check ends with 0 if so, and with 1 if not.
"""

import socket
import sys

from familiar.shared.redis.connection import open_redis
from familiar.shared.redis.training_queue import training_hosts
from familiar.shared.runtime.settings import Settings

if __name__ == "__main__":
    sys.exit(0 if socket.gethostname() in training_hosts(open_redis(Settings().redis_url)) else 1)
