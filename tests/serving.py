"""Inference as a process of its own, and reading its answers without an end."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from familiar.cli.stack.local_stack import free_port
from familiar.shared.access.token_store import TokenStore
from familiar.shared.contract.messages import Prediction, Sighting
from tests.app_client import bearer

# A reader that gets nothing for so long has failed.
DEADLINE_SECONDS = 60.0

_LENGTH = re.compile(rb"Content-Length: (\d+)\r\n\r\n")


@dataclass(frozen=True)
class Serving:
    """A process that serves, where, and its tokens."""

    process: "subprocess.Popen[bytes]"
    http: httpx.Client
    tokens: TokenStore


_KINDS: dict[str, type[Prediction] | type[Sighting]] = {"prediction": Prediction, "sighting": Sighting}


@dataclass(frozen=True)
class Event:
    """A server-sent event."""

    name: str
    event_id: str
    message: Prediction | Sighting


@contextmanager
def serving(home: Path, redis_url: str) -> Iterator[Serving]:
    """Start inference on a free port, and stop it at the end."""
    _leave_a_version(home)
    port = free_port()
    environment = {**os.environ, "FAMILIAR_HOME": str(home), "REDIS_URL": redis_url, "FAMILIAR_PORT": str(port)}
    process = subprocess.Popen([sys.executable, "-m", "familiar.services.inference"], env=environment)
    headers = bearer(TokenStore(home).owner_secret())
    with process, httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=DEADLINE_SECONDS) as http:
        try:
            wait_until(lambda: _answers(http))
            yield Serving(process, http, TokenStore(home))
        finally:
            if process.poll() is None:
                process.terminate()


def _leave_a_version(home: Path) -> None:
    """Leave what tells that there is a version 1, which is not served: only what a version has said is sent on."""
    manifest = home / "models" / "1" / "manifest.json"
    manifest.parent.mkdir(parents=True, exist_ok=True)
    manifest.touch()


def events(response: httpx.Response) -> Iterator[Event]:
    """Read server-sent events as they come, comments left out."""
    fields: dict[str, str] = {}
    for line in response.iter_lines():
        name, separator, value = line.partition(": ")
        if separator and name:
            fields[name] = value
        elif not line and fields:
            message = _KINDS[fields["event"]].model_validate(json.loads(fields["data"]))
            yield Event(fields["event"], fields["id"], message)
            fields = {}


def pictures(response: httpx.Response) -> Iterator[bytes]:
    """Read the pictures of a multipart answer as they come, each whole as soon as its bytes are there."""
    received = b""
    for part in response.iter_bytes():
        received += part
        while (found := _LENGTH.search(received)) and len(received) >= found.end() + int(found[1]):
            yield received[found.end() : found.end() + int(found[1])]
            received = received[found.end() + int(found[1]) :]


def wait_until(true: Callable[[], bool]) -> None:
    """Wait until something is true, or fail."""
    until = time.monotonic() + DEADLINE_SECONDS
    while not true():
        if time.monotonic() > until:
            pytest.fail(f"waited {DEADLINE_SECONDS:.0f} s in vain")
        time.sleep(0.05)


def _answers(http: httpx.Client) -> bool:
    try:
        return http.get("/healthz").is_success
    except httpx.TransportError:
        return False
