"""Check the trainer's health: exit with 0 if a training worker on this host has a recent heartbeat, else with 1.

Run it as `python -m familiar.services.trainer.health_check`.
"""

import socket
import sys

from familiar.shared.redis.connection import open_redis
from familiar.shared.redis.training_queue import training_hosts
from familiar.shared.runtime.settings import Settings

if __name__ == "__main__":
    sys.exit(0 if socket.gethostname() in training_hosts(open_redis(Settings().redis_url)) else 1)
