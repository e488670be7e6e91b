"""Benchmark of access control: what the check of a token costs, beside the request for a crop that it stands before.

python -m benchmarks.serving.access_cost

The check is timed around an application that does nothing, in batches that alternate with batches of the application
alone; its cost is the difference of the fastest tenths, which other processes disturb least. It includes a look at the
file of tokens with every request. The crop is asked of inference by one client, as in `benchmarks.serving`, before and
after. Everything is drawn or random.
"""

import asyncio
import json
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from benchmarks.load_process import load_for
from benchmarks.pictures import read_pictures
from benchmarks.processes import own_redis
from benchmarks.serving.figures import figures_of
from benchmarks.serving.servers import FAMILIAR, Bench, serving
from benchmarks.trained_version import publish_trained
from familiar.services.inference.http.access.access_control import AccessControl
from familiar.shared.access.guard import Guard
from familiar.shared.access.scopes import Scope as TokenScope
from familiar.shared.access.token_store import TokenStore

TOKENS = 20
_BATCHES = 3000
_REQUESTS_OF_A_BATCH = 10
_LOAD_SECONDS = 10.0


async def _idle(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


async def _take(_message: Message) -> None:
    pass


async def _nothing() -> Message:
    return {"type": "http.request"}


async def _time_batch(app: ASGIApp, scope: Scope) -> float:
    """Return the microseconds that one request takes."""
    began = time.perf_counter()
    for _ in range(_REQUESTS_OF_A_BATCH):
        await app(dict(scope), _nothing, _take)
    return (time.perf_counter() - began) / _REQUESTS_OF_A_BATCH * 1e6


def microseconds_of_a_check(home: Path) -> float:
    """Return the cost of the check, with `TOKENS` tokens besides the one that is sent."""
    tokens = TokenStore(home)
    for number in range(TOKENS):
        tokens.add(f"token-{number}", [TokenScope.PREDICT])
    headers = [(b"host", b"127.0.0.1:8000"), (b"authorization", f"Bearer {tokens.owner_secret()}".encode())]
    request = {"type": "http", "method": "POST", "path": "/v1/predictions"}
    scope = {**request, "headers": headers, "client": ("127.0.0.1", 50_000)}
    guarded = AccessControl(_idle, Guard(tokens, everybody=False))

    async def measure() -> float:
        batches = [(await _time_batch(guarded, scope), await _time_batch(_idle, scope)) for _ in range(_BATCHES)]
        checked, alone = np.quantile(np.array(batches), 0.1, axis=0)
        return float(checked - alone)

    return asyncio.run(measure())


def main() -> int:
    """Measure both, and print a sentence and a line of JSON."""
    with TemporaryDirectory() as folder, own_redis(Path(folder) / "redis") as redis_url:
        home = Path(folder)
        pictures = read_pictures(None, count=40, faces=8)
        bench = Bench(home, publish_trained(home, pictures.people, "random", epochs=1), redis_url, pictures)
        with serving(FAMILIAR, "crop", bench) as site:
            before = figures_of(load_for(_LOAD_SECONDS, site.port, site.requests, 1))
            check = microseconds_of_a_check(home)
            after = figures_of(load_for(_LOAD_SECONDS, site.port, site.requests, 1))
    crop_ms = [figures.p50_ms for figures in (before, after) if figures.p50_ms is not None]
    share = check / 1000 / min(crop_ms)
    print(f"A check takes {check:.1f} us, {share:.2%} of the request for a crop ({min(crop_ms):.2f} ms).")
    print(json.dumps({"benchmark": "access", "check_us": check, "crop_ms": crop_ms, "share": share}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
