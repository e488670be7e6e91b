"""The trainer's health check: has a worker for training jobs on this host shown life lately?

python -m services.trainer.health_check ends with 0 if so, and with 1 if not.
"""

import socket
import sys

from shared.connection import open_redis
from shared.settings import Settings
from shared.training_queue import training_hosts

if __name__ == "__main__":
    sys.exit(0 if socket.gethostname() in training_hosts(open_redis(Settings().redis_url)) else 1)
