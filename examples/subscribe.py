"""Print who came and who left: a subscriber of the stream `sightings`, for any machine that reaches Redis.

Run it: `pip install redis`, then `REDIS_URL="$(cat ~/.local/share/familiar/redis/reader/address)" python subscribe.py`.
Redis' user `reader` can read what Familiar publishes, and nothing else.
"""

import json
import os
from typing import Any

import redis

client = redis.Redis.from_url(os.environ["REDIS_URL"])
last_id = "$"
while True:
    found: Any = client.xread({"sightings": last_id}, block=1000)
    for _, entries in found or []:
        for entry_id, fields in entries:
            last_id, sighting = entry_id, json.loads(fields[b"header"])
            print(sighting["camera"], sighting["person"] or "somebody unknown", sighting["event"], flush=True)
