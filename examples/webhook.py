"""Post a JSON to an address whenever somebody comes, as Node-RED and the like take it.

Run it: `pip install httpx`, then `FAMILIAR_TOKEN=... python webhook.py http://127.0.0.1:1880/familiar`. The token is
one of `familiar token add webhook --scope watch`.
"""

import json
import os
import sys

import httpx

stream = os.environ.get("FAMILIAR_URL", "http://127.0.0.1:8000") + "/v1/sightings/stream"
headers = {"Authorization": f"Bearer {os.environ['FAMILIAR_TOKEN']}"}
with (
    httpx.Client(timeout=httpx.Timeout(10, read=None)) as client,
    client.stream("GET", stream, headers=headers) as events,
):
    for line in events.raise_for_status().iter_lines():
        if line.startswith("data:") and json.loads(line[5:])["event"] == "came":
            client.post(sys.argv[1], content=line[5:], headers={"Content-Type": "application/json"})
