"""familiar watch: print the streams of predictions and sightings."""

import math
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Annotated

import redis
import typer

from familiar.cli.connections import connect, through_outages
from familiar.cli.console import err, out
from familiar.shared.contract import redis_names
from familiar.shared.contract.errors import MalformedEntry
from familiar.shared.contract.messages import Prediction, Sighting
from familiar.shared.redis.stream import MessageT, has_begun_anew, newest_id, parse_entry, read_after


def watch(
    sightings: Annotated[bool, typer.Option("--sightings", help="Only who comes and who leaves.")] = False,  # noqa: FBT002 - a flag of the command line
) -> None:
    """Print predictions as they come, or only who comes and who leaves, until Ctrl-C."""
    err.print("Watching. Ctrl-C ends.", style="dim")
    client = connect().client
    if sightings:
        _print_sightings(client)
    else:
        _print_predictions(client)


def predictions(client: redis.Redis, seconds: float = math.inf, after: bytes | None = None) -> Iterator[Prediction]:
    """Yield predictions as they are published, for so many seconds, after the given entry id or from now on.

    Entries that cannot be read are said and passed over.
    """
    return _tail(client, redis_names.PREDICTIONS, Prediction, seconds, after)


def sightings_of(client: redis.Redis, seconds: float = math.inf, after: bytes | None = None) -> Iterator[Sighting]:
    """Yield sightings as they are published, as `predictions` does."""
    return _tail(client, redis_names.SIGHTINGS, Sighting, seconds, after)


def _tail(
    client: redis.Redis, stream: str, message_type: type[MessageT], seconds: float, after: bytes | None
) -> Iterator[MessageT]:
    until = time.monotonic() + seconds
    last_id = newest_id(client, stream) if after is None else after
    while time.monotonic() < until:
        entries = through_outages(partial(read_after, client, stream, last_id))
        if not entries and has_begun_anew(through_outages(partial(newest_id, client, stream)), last_id):
            last_id = b"0"
        for entry_id, fields in entries:
            last_id = entry_id
            try:
                message, _ = parse_entry(fields, message_type)
            except MalformedEntry as error:
                err.print(f"An entry of {stream} is passed over. {error.detail}", markup=False, highlight=False)
            else:
                yield message


def _print_predictions(client: redis.Redis) -> None:
    for prediction in predictions(client):
        for face in prediction.faces:
            delay = (datetime.now(UTC) - prediction.captured_at).total_seconds() * 1000
            _print(
                f"{prediction.captured_at:%H:%M:%S}  {prediction.camera}  {face.who}  "
                f"version {prediction.model_version}  {delay:.0f} ms  {prediction.prediction_id}"
            )


def _print_sightings(client: redis.Redis) -> None:
    for sighting in sightings_of(client):
        how_sure = f"  {sighting.confidence:.2f}" if sighting.person else ""
        _print(
            f"{sighting.at:%H:%M:%S}  {sighting.camera}  {sighting.person or 'unknown'} {sighting.event}{how_sure}  "
            f"version {sighting.model_version}  {sighting.sighting_id}"
        )


def _print(line: str) -> None:
    out.print(line, soft_wrap=True, markup=False, highlight=False)
