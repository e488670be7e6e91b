"""The command line: any arguments, any environment that it reads, and a sentence or a result."""

import os
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from unittest import mock

import psutil
from hypothesis import strategies as st

from familiar.cli.stack.local_stack import free_port
from familiar.shared.redis.connection import open_redis
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
_ODD = (
    "",
    "-1",
    "0",
    "1e999",
    "nan",
    "9" * 40,
    "--",
    "-x",
    "--help",
    "--nonsense",
    "a\nb",
    "\x1b[31m",
    "é",
    "unknown",
    "%s",
)
_NEVER = ("up", "demo", "watch", "fetch", "-")


@contextmanager
def open_door(ground: Ground) -> Iterator[Door]:
    """Run commands in this process, in a folder of their own, with a Redis and no service."""
    folder = ground.folder / "here"
    (folder / "photos").mkdir(parents=True)
    (folder / "face.jpg").write_bytes(crop_of(RED))
    (folder / "broken.jpg").write_bytes(crop_of(RED)[:200])
    closed = free_port()
    environment = {
        "FAMILIAR_URL": f"http://127.0.0.1:{closed}",
        "FAMILIAR_CAPTURE_URL": f"ws://127.0.0.1:{closed}",
        "HOME": str(folder),
    }

    def send(arguments: tuple[str, ...]) -> list[Outcome]:
        with chdir(folder):
            return [_run(arguments)]

    with ground.redis() as url, open_redis(url) as client:
        environment |= {"REDIS_URL": url, "FAMILIAR_HOME": str(ground.folder / "home")}

        def prepare() -> None:
            ground.home()
            client.flushall()

        with mock.patch.dict(os.environ, environment):
            yield Door(_command_lines(), send, prepare=prepare)
    if children := psutil.Process().children(recursive=True):
        raise Fault(f"commands left processes behind: {children}")


def _command_lines() -> st.SearchStrategy[tuple[str, ...]]:
    text = st.text(max_size=8).filter(lambda word: "/" not in word and word not in _NEVER and "\0" not in word)
    refused = st.sampled_from(_ENDLESS).map(lambda command: (command, "--nonsense"))
    lines = [_line_of(command, st.sampled_from([*words, *_ODD]) | text) for command, words in _COMMANDS.items()]
    return st.one_of([*lines, refused])


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
