"""familiar watch: the stream of predictions as it comes."""

import math
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import redis

from cli.connections import connect
from cli.console import err, out
from shared import redis_names
from shared.messages import Prediction
from shared.redis_stream import newest_id, parse_entry, read_after


def watch() -> None:
    """Print predictions as they come, until Ctrl-C."""
    err.print("Watching. Ctrl-C ends.", style="dim")
    for prediction in predictions(connect().client):
        for face in prediction.faces:
            delay = (datetime.now(UTC) - prediction.captured_at).total_seconds() * 1000
            out.print(
                f"{prediction.captured_at:%H:%M:%S}  {prediction.camera}  {face.person or 'unknown'}  "
                f"{face.confidence:.2f}  version {prediction.model_version}  {delay:.0f} ms  "
                f"{prediction.prediction_id}",
                soft_wrap=True,
                markup=False,
                highlight=False,
            )


def predictions(client: redis.Redis, seconds: float = math.inf, after: bytes | None = None) -> Iterator[Prediction]:
    """Give predictions as they are published, for so many seconds: those after an entry's id, or from now on."""
    until = time.monotonic() + seconds
    last_id = newest_id(client, redis_names.PREDICTIONS) if after is None else after
    while time.monotonic() < until:
        for entry_id, fields in read_after(client, redis_names.PREDICTIONS, last_id):
            last_id = entry_id
            yield parse_entry(fields, Prediction)[0]
