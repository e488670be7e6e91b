"""Print who is in each picture of a folder.

Run it: `pip install httpx`, then `FAMILIAR_TOKEN=... python name_folder.py ~/pictures/party`. The token is one of
`familiar token add party --scope predict`.
"""

import os
import sys
from pathlib import Path

import httpx

url = os.environ.get("FAMILIAR_URL", "http://127.0.0.1:8000") + "/v1/predictions"
headers = {"Authorization": f"Bearer {os.environ['FAMILIAR_TOKEN']}"}
for path in sorted(Path(sys.argv[1]).iterdir()):
    answer = httpx.post(url, files={"image": path.read_bytes()}, headers=headers, timeout=60).json()
    who = [face["person"] or face["reason"] for face in answer["faces"]] if "faces" in answer else answer["detail"]
    print(path.name, who, flush=True)
