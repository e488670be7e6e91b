"""The store of model versions: immutable folders, verified by hash, one of them current.

    models/<version>/model.keras, model.tflite, landmarks.tflite, report.html and its pictures, manifest.json
    models/current                                             the newest version that was not rejected
    models/pinned                                              the version served instead of it, if any
    models/<job>.checkpoint                                    the state from which an interrupted training resumes

The trainer fills a staging folder; publishing writes the manifest into it last, renames the folder to its number, and
then replaces `current`. A version's folder is immutable afterwards. A rejected version is stored like any other, but
does not become current. Numbers are never reused: a deleted version leaves an empty folder behind.
"""

import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout
from pydantic import ValidationError

from familiar.shared.contract.errors import BrokenModel, UnknownModel
from familiar.shared.contract.manifest import Manifest
from familiar.shared.runtime.files import (
    PARTIAL_PREFIX,
    is_folder,
    is_regular,
    read_regular,
    regular_files,
    remove,
    sha256_of,
    sync,
    write_atomically,
)
from familiar.shared.stores.expiry import VersionAge, versions_due

MANIFEST = "manifest.json"
SERVED_MODEL = "model.tflite"
KERAS_MODEL = "model.keras"
# The network that aligns faces for the version; a version without it takes crops as they are.
LANDMARKS = "landmarks.tflite"
REPORT = "report.html"
CHECKPOINT = ".checkpoint"

_NUMBER = re.compile(r"[1-9]\d{0,8}", re.ASCII)


@dataclass(frozen=True)
class StoredVersion:
    """A verified version: its manifest, and the paths of its files by name."""

    manifest: Manifest
    paths: dict[str, Path]


class ModelStore:
    """The model versions below one folder. Any number of processes may read; publishing holds a lock."""

    def __init__(self, home: Path) -> None:
        """Open the store below `home`, creating its folder if missing."""
        self._models = home / "models"
        self._models.mkdir(parents=True, exist_ok=True)
        self._current = self._models / "current"
        self._pinned = self._models / "pinned"
        self._lock = FileLock(home / "models.lock")
        self._training_lock = FileLock(home / "training.lock")

    def versions(self) -> tuple[int, ...]:
        """Return the completely written versions, oldest first."""
        return tuple(number for number in self._numbers() if self.has(number))

    def has(self, version: int) -> bool:
        """Return whether a version exists, completely written and not deleted."""
        return is_folder(self._folder(version)) and is_regular(self._folder(version) / MANIFEST)

    def current(self) -> int | None:
        """Return the version to serve: the pinned one, else the newest not rejected; None before the first training."""
        pinned = self.pinned()
        return _number_in(self._current) if pinned is None else pinned

    def pinned(self) -> int | None:
        """Return the pinned version, or None."""
        return _number_in(self._pinned)

    def activate(self, version: int) -> None:
        """Pin a version, which may be a rejected one: it is served until another is pinned, or `unpin`.

        Raises:
            UnknownModel: there is no such version.
            BrokenModel: a file is missing or does not match the manifest.
        """
        with self._lock:
            self.open(version)
            _choose(self._pinned, version)

    def unpin(self) -> None:
        """Return to serving the newest version that was not rejected."""
        with self._lock:
            remove(self._pinned)

    def manifest(self, version: int) -> Manifest:
        """Read the manifest of a version.

        Raises:
            UnknownModel: there is no such version.
            BrokenModel: its manifest is missing or cannot be read.
        """
        folder = self._folder(version)
        if version not in self._numbers() or not is_folder(folder):
            raise UnknownModel(f"There is no model version {version}. {UnknownModel().detail}")
        try:
            manifest = Manifest.model_validate_json(read_regular(folder / MANIFEST))
        except FileNotFoundError as error:
            if any(folder.iterdir()):
                raise BrokenModel(f"Model version {version} has no {MANIFEST}. {BrokenModel().detail}") from error
            raise UnknownModel(f"There is no model version {version}. {UnknownModel().detail}") from error
        except ValidationError as error:
            raise BrokenModel(f"{MANIFEST} of version {version} cannot be read. {BrokenModel().detail}") from error
        if manifest.version != version:
            raise BrokenModel(f"{MANIFEST} of version {version} speaks of version {manifest.version}.")
        if any(Path(name).name != name for name in manifest.files):
            raise BrokenModel(f"{MANIFEST} of version {version} names files outside of its folder.")
        return manifest

    def open(self, version: int, needed: str = SERVED_MODEL) -> StoredVersion:
        """Read a version's manifest, which has to name the file `needed`, and verify its files by SHA-256.

        The Keras model is verified only if it is the needed one: it is as large as all other files, and not served.

        Raises:
            UnknownModel: there is no such version.
            BrokenModel: a file is missing or does not match the manifest, or the manifest does not name `needed`.
        """
        manifest = self.manifest(version)
        if needed not in manifest.files:
            raise BrokenModel(f"The manifest of model version {version} does not name {needed}.")
        paths = {name: self._folder(version) / name for name in manifest.files}
        for name, path in paths.items():
            if name == KERAS_MODEL and needed != KERAS_MODEL:
                continue
            if not is_regular(path):
                raise BrokenModel(f"{name} of model version {version} is missing. {BrokenModel().detail}")
            if sha256_of(path) != manifest.files[name]:
                raise BrokenModel(
                    f"{name} of model version {version} does not have the SHA-256 that its manifest names. "
                    f"{BrokenModel().detail}"
                )
        return StoredVersion(manifest, paths)

    def report(self, version: int) -> Path | None:
        """Return the path of a version's report, or None."""
        path = self._folder(version) / REPORT
        return path if is_folder(path.parent) and is_regular(path) else None

    def path(self, version: int, name: str) -> Path:
        """Return the path of a file that a version's manifest names.

        Raises:
            BrokenModel: it is missing.
        """
        path = self._folder(version) / name
        if not is_regular(path):
            raise BrokenModel(f"{name} of model version {version} is missing. {BrokenModel().detail}")
        return path

    def checkpoint(self, job_id: str) -> Path:
        """Return the path of a training job's checkpoint."""
        return self._models / f"{job_id}{CHECKPOINT}"

    @contextmanager
    def one_training(self, waiting: Callable[[], None]) -> Iterator[None]:
        """Hold the training lock; `waiting` is called once if it is taken.

        It is a file lock, so that the kernel releases it when a trainer is killed.
        """
        try:
            self._training_lock.acquire(blocking=False)
        except Timeout:
            waiting()
            self._training_lock.acquire()
        try:
            yield
        finally:
            self._training_lock.release()

    @contextmanager
    def staging_folder(self) -> Iterator[Path]:
        """Create a folder for a version's files, deleted at the end unless it was published.

        The caller holds the training lock, because folders that a killed trainer left behind are deleted first.
        """
        for abandoned in self._models.glob(f"{PARTIAL_PREFIX}*"):
            if is_folder(abandoned):
                remove(abandoned)
        folder = Path(tempfile.mkdtemp(prefix=PARTIAL_PREFIX, dir=self._models))
        try:
            yield folder
        finally:
            with suppress(OSError):
                remove(folder)

    def publish(self, staging: Path, describe: Callable[[int, dict[str, str]], Manifest]) -> Manifest:
        """Publish a staging folder as the next version, which becomes current unless its manifest says it was rejected.

        `describe` creates the manifest from the version's number and the SHA-256 of each file, under the lock that
        publishing and deleting share.
        """
        files = {path.name: sha256_of(path) for path in sorted(regular_files(staging))}
        for name in files:
            sync(staging / name)
        with self._lock:
            version = max(self._numbers(), default=0) + 1
            manifest = describe(version, files)
            write_atomically(staging / MANIFEST, manifest.model_dump_json(indent=2).encode())
            sync(staging)
            staging.rename(self._folder(version))
            sync(self._models)
            if manifest.rejection is None:
                self._serve(version)
        return manifest

    def published_by(self, job_id: str, since: datetime) -> Manifest | None:
        """Return the version that a training job published, or None, and complete an interrupted publication.

        A job whose worker died may have renamed its folder without updating `current`. Versions from before `since`
        belong to another job, because clients that choose job ids may reuse one.
        """
        with self._lock:
            for version in reversed(self.versions()):
                with suppress(BrokenModel, UnknownModel):
                    manifest = self.manifest(version)
                    if manifest.job_id == job_id and manifest.created_at >= since:
                        if manifest.rejection is None and version > (_number_in(self._current) or 0):
                            self._serve(version)
                        return manifest
        return None

    def _serve(self, version: int) -> None:
        _choose(self._current, version)

    def remove_versions_knowing(self, person: str) -> tuple[int, ...]:
        """Delete every version that knows a person, including the served one, and return their numbers.

        The newest remaining version that was not rejected is served then, if any. All checkpoints and what trainings
        have prepared are deleted too: they do not say whom they know. Whatever else lies in a version's folder goes
        with it; where links lead is left alone. Idempotent.
        """
        with self._lock:
            knowing = self.versions_knowing(person)
            if _number_in(self._pinned) in knowing:
                self._pinned.unlink()
            self._serve_another_than(knowing)
            self._delete(knowing)
            for unfinished in (*self._models.glob(f"*{CHECKPOINT}"), *self._models.glob(f"{PARTIAL_PREFIX}*")):
                remove(unfinished)
        return knowing

    def remove_old_versions(self, most: int, latest: datetime) -> tuple[int, ...]:
        """Delete all but the newest `most` versions, and those created until `latest`; return their numbers.

        None that is served, pinned or gone back to, see `versions_due`. Idempotent.
        """
        with self._lock:
            due = versions_due(tuple(self._ages()), _number_in(self._current), self.pinned(), most, latest)
            self._delete(due)
        return due

    def half_deleted(self) -> Iterator[Path]:
        """Yield what is left in the folders of versions whose deletion was cut short: a version has its manifest."""
        for version in self._numbers():
            folder = self._folder(version)
            if is_folder(folder) and not (folder / MANIFEST).exists():
                yield from folder.iterdir()

    def _ages(self) -> Iterator[VersionAge]:
        for version in self.versions():
            # Whoever finds a damaged version may want to mend it.
            with suppress(BrokenModel, UnknownModel):
                manifest = self.manifest(version)
                yield VersionAge(version, manifest.created_at, rejected=manifest.rejection is not None)

    def _delete(self, versions: tuple[int, ...]) -> None:
        # Without a manifest it is no version: all of them end before anything else is deleted.
        for version in versions:
            remove(self._folder(version) / MANIFEST)
        for version in versions:
            for path in self._folder(version).iterdir():
                remove(path)
            sync(self._folder(version))

    def versions_knowing(self, person: str) -> tuple[int, ...]:
        """Return the versions that know a person, or are damaged so that nobody can tell, oldest first."""
        return tuple(version for version in self._numbers() if self._may_know(version, person))

    def count_checkpoints(self) -> int:
        """Count the checkpoints of trainings."""
        return sum(1 for _ in self._models.glob(f"*{CHECKPOINT}"))

    def _serve_another_than(self, retired: tuple[int, ...]) -> None:
        """Make the newest version that is neither retired nor rejected the current one, if the current one is gone."""
        current = _number_in(self._current)
        if current is not None and current not in retired and self.has(current):
            return
        for version in reversed(self.versions()):
            with suppress(BrokenModel, UnknownModel):
                if version not in retired and self.manifest(version).rejection is None:
                    self._serve(version)
                    return
        self._current.unlink(missing_ok=True)

    def knows(self, person: str) -> bool:
        """Return whether any readable version knows a person."""
        for version in self.versions():
            with suppress(BrokenModel, UnknownModel):
                if self._knows(version, person):
                    return True
        return False

    def _may_know(self, version: int, person: str) -> bool:
        """Return whether a version knows a person, or is damaged so that nobody can tell."""
        try:
            return self._knows(version, person)
        except BrokenModel:
            return True
        except UnknownModel:
            return False

    def _knows(self, version: int, person: str) -> bool:
        return any(known.slug == person for known in self.manifest(version).people)

    def _numbers(self) -> list[int]:
        """Return every number that is taken, sorted: also by what is no folder, and so no version."""
        return sorted(int(path.name) for path in self._models.iterdir() if _NUMBER.fullmatch(path.name))

    def _folder(self, version: int) -> Path:
        return self._models / str(version)


def _choose(path: Path, version: int) -> None:
    if is_folder(path):
        remove(path)
    write_atomically(path, f"{version}\n".encode())


def _number_in(path: Path) -> int | None:
    try:
        return int(read_regular(path))
    except (FileNotFoundError, ValueError):
        return None
