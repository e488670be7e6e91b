"""Settings from the environment: each process starts with them, or says in a sentence which one makes no sense."""

import io
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr
from unittest import mock

from hypothesis import strategies as st
from pydantic import AliasChoices

from familiar.cli.settings import CliSettings
from familiar.services.capture.settings import CaptureSettings
from familiar.shared.contract.errors import RedisUnavailable
from familiar.shared.redis.connection import open_async_redis, open_redis
from familiar.shared.runtime.service import load_settings
from familiar.shared.runtime.settings import Settings, SiteSettings
from tests.fuzzing.door import Door, Fault, Outcome, require_no_traceback
from tests.fuzzing.ground import Ground
from tests.settings_table import READERS

_TELLING = "geheim"
_READERS: tuple[type[Settings], ...] = (*READERS.values(), SiteSettings)
_SECRET = ("REDIS_URL", "FAMILIAR_CAMERAS", "FAMILIAR_TOKEN")
_NEARLY_RIGHT = (
    *("", " ", "0", "-1", "1", "65535", "65536", "8000", "1e3", "nan", "inf", "9" * 5000, "true", "None"),
    *("127.0.0.1", "0.0.0.0", "::1", "[::1]", "localhost", "tokens", "open", "json", "console", "imagenet"),  # noqa: S104
    *("redis://127.0.0.1:6379/0", "rediss://h:1", "unix:///tmp/x", "redis://h:99999", "redis://[::1", "redis://"),
    *(f"redis://u:{_TELLING}@h:6379/0", "redis://h?socket_timeout=a", "redis://h?colour=red", "redis://h/x", "unix://"),
    *("redis://h?db=x", "redis://h?max_connections=-1", "redis://h?protocol=9", "redis://h:6379/999999999999999999"),
    *(
        "door=0 yard=rtsp://192.0.2.7/s",
        "door=0 door=1",
        f"door=rtsp://u:{_TELLING}@h/s",
        "Door=0",
        "door='",
        "door=#x",
    ),
    *(
        "film='my film.mp4#loop'",
        "x=synthetic:",
        "x=synthetic:karan",
        "/",
        "/nowhere/x",
        "/dev/null",
        ".",
        "~",
        "ws://h",
    ),
)


@contextmanager
def open_door(ground: Ground) -> Iterator[Door]:
    """Read the settings of every process."""
    odd = st.sampled_from(_NEARLY_RIGHT) | st.binary(max_size=12).map(os.fsdecode) | st.text(max_size=12)
    # Neither the environment nor the file system takes a NUL, and the former no lone surrogate but its own.
    text = st.one_of(odd, st.tuples(odd, odd).map("".join)).filter(_can_be_set)

    def settings_of(reader: type[Settings]) -> st.SearchStrategy[tuple[type[Settings], dict[str, str]]]:
        some = st.dictionaries(st.sampled_from(_variables(reader)), text, min_size=1, max_size=3)
        return st.tuples(st.just(reader), some)

    def send(sent: tuple[type[Settings], dict[str, str]]) -> list[Outcome]:
        reader, environment = sent
        with mock.patch.dict(os.environ, {"FAMILIAR_HOME": str(ground.folder), **environment}):
            return [_read(reader, environment)]

    yield Door(st.one_of([settings_of(reader) for reader in _READERS]), send)


def _variables(reader: type[Settings]) -> list[str]:
    names = []
    for name, field in reader.model_fields.items():
        alias = field.validation_alias
        names += [str(choice) for choice in alias.choices] if isinstance(alias, AliasChoices) else []
        names += [] if isinstance(alias, AliasChoices) else [f"FAMILIAR_{name.upper()}"]
    return names


def _can_be_set(text: str) -> bool:
    try:
        return b"\0" not in os.fsencode(text)
    except UnicodeEncodeError:
        return False


def _read(reader: type[Settings], environment: Mapping[str, str]) -> Outcome:
    said = io.StringIO()
    try:
        with redirect_stderr(said):
            settings = load_settings(reader)
    except SystemExit as ended:
        _require_sentences(said.getvalue(), ended.code, environment)
        return Outcome.REFUSED
    _require_secrecy(repr(settings), environment)
    _use(settings)
    return Outcome.ACCEPTED


def _require_sentences(said: str, status: object, environment: Mapping[str, str]) -> None:
    """Require the exit status of a wrong setting, and its name in what is said."""
    require_no_traceback(said)
    if status != 2:
        raise Fault(f"the exit status is {status}")
    if not any(name in said for name in environment):
        raise Fault(f"no setting is named: {said}")
    _require_secrecy(said, environment)


def _require_secrecy(text: str, environment: Mapping[str, str]) -> None:
    """Require that the password of an address is not shown, where an address belongs."""
    if _TELLING in text and not any(_TELLING in value for name, value in environment.items() if name not in _SECRET):
        raise Fault("a password is shown")


def _use(settings: Settings) -> None:
    """Do with accepted settings what processes do first."""
    try:
        address = settings.redis_url
    except RedisUnavailable:
        pass
    else:
        open_redis(address).connection_pool.make_connection()
        open_async_redis(address).connection_pool.make_connection()
    if isinstance(settings, SiteSettings):
        _ = settings.all_allowed_hosts
    if isinstance(settings, CliSettings):
        _ = settings.capture_address
    if isinstance(settings, CaptureSettings):
        for address_of_camera in settings.cameras.values():
            if _TELLING in address_of_camera.shown:
                raise Fault("a camera's password is shown")
