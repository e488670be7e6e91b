"""Post a JSON to an address whenever somebody comes, as Node-RED and the like take it.

Run it: `pip install httpx`, then `python webhook.py http://127.0.0.1:1880/familiar`.
"""

import json
import os
import sys

import httpx

stream = os.environ.get("FAMILIAR_URL", "http://127.0.0.1:8000") + "/v1/sightings/stream"
with httpx.Client(timeout=httpx.Timeout(10, read=None)) as client, client.stream("GET", stream) as events:
    for line in events.iter_lines():
        if line.startswith("data:") and json.loads(line[5:])["event"] == "came":
            client.post(sys.argv[1], content=line[5:], headers={"Content-Type": "application/json"})
