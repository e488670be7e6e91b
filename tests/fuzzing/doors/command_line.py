"""The command line: any arguments, any environment that it reads, and a sentence or a result."""

import os
import threading
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple
from unittest import mock

import psutil
from hypothesis import strategies as st

from familiar.shared.redis.connection import open_redis
from familiar.shared.redis.heartbeats import beat
from tests.colour_crops import RED, crop_of
from tests.command_line import familiar
from tests.fuzzing.door import Door, Fault, Outcome, require_no_traceback
from tests.fuzzing.ground import Ground

# Those that go on until they are stopped, or start services, are tried with what they refuse.
_ENDLESS = ("up", "demo", "watch")
_COMMANDS: dict[tuple[str, ...], tuple[str, ...]] = {
    ("people",): (),
    ("rename",): ("Zoe", "Bea", "zoe"),
    ("forget", "--yes"): ("Nobody", "Zoe"),
    ("enrol",): ("Zoe", "--camera", "door", "--photos", "photos", "--train", "--test", "--pause", "0", "3"),
    ("train", "--no-wait"): ("--epochs", "--seed", "--base", "both", "--base-width", "--false-names", "--int8", "1"),
    ("predict",): ("face.jpg", "broken.jpg", "photos", "--json"),
    ("predict", "face.jpg"): ("--json",),
    ("enrol", "Zoe", "--photos", "photos"): ("--train", "--test", "3"),
    ("correct",): ("--person", "--stranger", "--face", "Zoe", "1"),
    ("doctor",): (),
    ("backup",): ("x.tar", "photos", "photos/x"),
    ("restore",): ("face.jpg", "photos", "broken.jpg"),
    ("export",): ("Zoe", "x.zip", "photos"),
    ("models",): (),
    ("models", "show"): ("1", "2", "9"),
    ("models", "activate"): ("1", "2", "9"),
    ("models", "unpin"): (),
    ("strangers",): ("clear",),
    ("strangers", "clear"): ("--given", "--marked"),
    ("token",): ("list", "show"),
    ("token", "add"): ("party", "door", "--scope", "predict", "admin", "--expires", "90m", "30d", "9" * 30 + "w", "0d"),
    ("token", "revoke"): ("party", "owner"),
    ("--version",): (),
    (): ("people", "trane"),
}
_ODD = (*("", "-1", "0", "1e999", "nan", "--", "-x", "--help", "--nonsense", "a\nb", "\x1b[31m", "é", "%s"), "9" * 40)
_NEVER = ("up", "demo", "watch", "fetch", "-")


# What a command reads beside its arguments; SERVER stands for a server of something else.
_SERVER = "SERVER"
_ENVIRONMENT: dict[str, tuple[str, ...]] = {
    "FAMILIAR_URL": (_SERVER, _SERVER, "nonsense", "http://[::1", "ftp://x", "http://", "http://127.0.0.1:99999", "é"),
    "FAMILIAR_TOKEN": ("x", "é", "a\nb", "\udcff", "x" * 5000, " "),
    "FAMILIAR_TOKEN_FILE": ("face.jpg", "photos", "nowhere"),
    "FAMILIAR_CAPTURE_URL": (_SERVER, "nonsense", "ws://[::1", "http://x", "ws://127.0.0.1:99999"),
    "FAMILIAR_HOME": ("face.jpg", "new", "face.jpg/x", ""),
    "REDIS_URL": ("unix:///nowhere", "redis://127.0.0.1:1", "redis://127.0.0.1:1?colour=red", ""),
    "COLUMNS": ("1", "0", "x"),
}
_BODIES = (b"", b"{}", b"[]", b"<html>", b'{"detail": 7}', b'{"detail": "no"}', b"\xff", b"{" * 10_000)


class Line(NamedTuple):
    """Arguments, variables of the environment, and what a server of something else answers."""

    arguments: tuple[str, ...]
    environment: dict[str, str]
    status: int
    body: bytes


class _Something(BaseHTTPRequestHandler):
    """Answers every request in the same way, until it is told another one."""

    status, body = 200, b""

    def do_POST(self) -> None:
        """Read nothing, and answer."""
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    do_GET = do_POST  # noqa: N815 - the name is http.server's

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is http.server's
        """Say nothing."""


@contextmanager
def open_door(ground: Ground) -> Iterator[Door]:
    """Run commands in this process, in a folder of their own, with a Redis and no service but something else."""
    folder = ground.folder / "here"
    (folder / "photos").mkdir(parents=True)
    for name in ("face.jpg", "photos/face.jpg"):
        (folder / name).write_bytes(crop_of(RED))
    (folder / "broken.jpg").write_bytes(crop_of(RED)[:200])
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Something)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    with server, ground.redis() as url, open_redis(url) as client:
        usual = {"HOME": str(folder), "REDIS_URL": url, "FAMILIAR_HOME": str(ground.folder / "home")}

        def send(line: Line) -> list[Outcome]:
            _Something.status, _Something.body = line.status, line.body
            beat(client, "extractor")
            given = {name: _at(value, name, server.server_port) for name, value in line.environment.items()}
            with chdir(folder), mock.patch.dict(os.environ, {**usual, **given}):
                return [_run(line.arguments)]

        def prepare() -> None:
            ground.home()
            client.flushall()

        yield Door(_lines(), send, prepare=prepare)
        server.shutdown()
    if children := psutil.Process().children(recursive=True):
        raise Fault(f"commands left processes behind: {children}")


def _at(value: str, name: str, port: int) -> str:
    scheme = "ws" if name == "FAMILIAR_CAPTURE_URL" else "http"
    return f"{scheme}://127.0.0.1:{port}" if value == _SERVER else value


def _lines() -> st.SearchStrategy[Line]:
    text = st.text(max_size=8).filter(lambda word: "/" not in word and word not in _NEVER and "\0" not in word)
    refused = st.sampled_from(_ENDLESS).map(lambda command: (command, "--nonsense"))
    arguments = [_line_of(command, st.sampled_from([*words, *_ODD]) | text) for command, words in _COMMANDS.items()]
    variables = st.sampled_from(sorted(_ENVIRONMENT)).flatmap(
        lambda name: st.tuples(st.just(name), st.sampled_from(_ENVIRONMENT[name]))
    )
    environment = st.lists(variables, max_size=2).map(dict)
    status = st.sampled_from([200, 401, 403, 404, 422, 500, 101])
    return st.builds(Line, st.one_of([*arguments, refused]), environment, status, st.sampled_from(_BODIES))


def _line_of(command: tuple[str, ...], words: st.SearchStrategy[str]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(words, max_size=5).map(lambda more: (*command, *more))


def _run(arguments: tuple[str, ...]) -> Outcome:
    ran = familiar(*arguments)
    require_no_traceback(ran.stdout + ran.stderr)
    if ran.returncode == 0:
        return Outcome.ACCEPTED
    if not ran.stderr.strip() and not ran.stdout.strip():
        raise Fault(f"status {ran.returncode} without a word")
    return Outcome.REFUSED
