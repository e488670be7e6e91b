"""Publication of versions without training: good ones as by the trainer, damaged ones, and an interrupted one."""

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import redis

from familiar.shared.contract import redis_names
from familiar.shared.contract.manifest import Manifest
from familiar.shared.contract.messages import ModelVersion
from familiar.shared.redis.stream import publish
from familiar.shared.runtime.files import write_atomically
from familiar.shared.stores.models import MANIFEST, SERVED_MODEL, ModelStore

MODEL_VERSIONS_KEPT = 1000
WRITING = b"writing\n"


class Publisher:
    """A publisher of the files of one version as ever new versions."""

    def __init__(self, home: Path, client: redis.Redis, version: int) -> None:
        """Take the home of the store, a client for the hints, and the version to copy."""
        self._store = ModelStore(home)
        self._models = home / "models"
        self._client = client
        self._original = self._store.manifest(version)

    def publish(self) -> int:
        """Publish a version as the trainer does, and return its number."""
        with self._store.one_training(waiting=lambda: None), self._store.staging_folder() as staging:
            link_files(self._models / str(self._original.version), staging)
            return self._announce(self._store.publish(staging, self._describe))

    def publish_damaged(self, damage: Callable[[Path], None]) -> int:
        """Make a version current whose folder was changed by `damage`, and return its number."""
        manifest = self._describe(max(self._store.versions()) + 1, self._original.files)
        with self._store.one_training(waiting=lambda: None), self._store.staging_folder() as staging:
            link_files(self._models / str(self._original.version), staging)
            (staging / MANIFEST).write_text(manifest.model_dump_json())
            damage(staging)
            staging.rename(self._models / str(manifest.version))
        write_atomically(self._models / "current", f"{manifest.version}\n".encode())
        return self._announce(manifest)

    def _describe(self, version: int, files: dict[str, str]) -> Manifest:
        return self._original.model_copy(update={"version": version, "files": files, "created_at": datetime.now(UTC)})

    def _announce(self, manifest: Manifest) -> int:
        message = ModelVersion(model_version=manifest.version, published_at=manifest.created_at)
        publish(self._client, redis_names.MODEL_VERSIONS, message, most=MODEL_VERSIONS_KEPT)
        return manifest.version


def link_files(version: Path, staging: Path) -> None:
    """Hard-link all of a version's files but its manifest into a folder."""
    for path in version.iterdir():
        if path.name != MANIFEST:
            os.link(path, staging / path.name)


def kill_while_publishing(home: Path, version: int) -> None:
    """Start a publisher process, and kill it while it holds the store's lock and has not written its manifest."""
    command = [sys.executable, "-m", "benchmarks.reload.publishing", str(home), str(version)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        if process.stdout is None or process.stdout.readline() != WRITING:
            raise RuntimeError("The publisher ended before it could be killed.")
        process.kill()


def publish_for_ever(home: Path, version: int) -> None:
    """Start to publish a version's files, report it on standard output, and block."""

    def describe(_version: int, _files: dict[str, str]) -> Manifest:
        sys.stdout.buffer.write(WRITING)
        sys.stdout.flush()
        sys.stdin.read()
        raise SystemExit

    store = ModelStore(home)
    with store.one_training(waiting=lambda: None), store.staging_folder() as staging:
        link_files(home / "models" / str(version), staging)
        store.publish(staging, describe)


def flip_a_byte(folder: Path) -> None:
    """Damage a version: flip one byte of the network."""
    path = folder / SERVED_MODEL
    network = bytearray(path.read_bytes())
    network[len(network) // 2] ^= 0xFF
    _replace(path, bytes(network))


def break_off_the_network(folder: Path) -> None:
    """Damage a version: truncate the network to half."""
    path = folder / SERVED_MODEL
    network = path.read_bytes()
    _replace(path, network[: len(network) // 2])


def remove_the_network(folder: Path) -> None:
    """Damage a version: delete the network."""
    (folder / SERVED_MODEL).unlink()


def break_off_the_manifest(folder: Path) -> None:
    """Damage a version: truncate the manifest to half."""
    path = folder / MANIFEST
    text = path.read_text()
    path.write_text(text[: len(text) // 2])


DAMAGES = (flip_a_byte, break_off_the_manifest, remove_the_network, break_off_the_network)


def _replace(path: Path, data: bytes) -> None:
    """Replace a file without changing the hard links of other versions."""
    path.unlink()
    path.write_bytes(data)


if __name__ == "__main__":
    publish_for_ever(Path(sys.argv[1]), int(sys.argv[2]))
