"""The store of people and their labelled samples, which is the source of truth on who is enrolled.

    people/<person>.json                          the display name
    samples/<train or test>/<person>/<sample_id>.jpg

A `sample_id` is the SHA-256 of its JPEG, which is what the file holds, sealed where there is a key. The origin of a
sample is a comment in its JPEG, so that copies keep it.
"""

import contextlib
import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from pathlib import Path

from filelock import FileLock

from familiar.shared.contract.errors import (
    BeingForgotten,
    BrokenSeal,
    KeyMissing,
    KeyWrong,
    NameTaken,
    TooManyPeople,
    TooManySamples,
    UnknownPerson,
    UnknownSample,
)
from familiar.shared.contract.messages import Message, Slug, Split
from familiar.shared.contract.slugs import is_slug, printable, slug_of, tidy_name
from familiar.shared.runtime.files import (
    PARTIAL_PREFIX,
    count_names,
    is_folder,
    is_regular,
    make_folder,
    open_regular,
    read_regular,
    regular_files,
    remove,
    stored_at,
    sync,
    write_atomically,
)
from familiar.shared.runtime.quotas import Quotas
from familiar.shared.stores.forgettings import is_being_forgotten
from familiar.shared.stores.sample_origin import (
    CORRECTION,
    HEAD_BYTES,
    KnownOrigins,
    SampleOrigin,
    day_of,
    read_origin,
    session_of,
    with_origin,
)
from familiar.shared.stores.sealing import Seals, is_sealed

_WITHOUT_LIMITS = Quotas()


class Person(Message):
    """An enrolled person."""

    slug: Slug
    name: str
    """The display name."""
    train_samples: int
    test_samples: int
    sessions: int
    """Number of sessions in which the train samples were taken."""
    days: int
    """Number of days, in UTC, on which the train samples were taken; those of unknown date count as one day."""


@dataclass(frozen=True)
class Sample:
    """One crop of one person.

    `jpeg` is empty where the file's seal is broken; `origin` is None for files from elsewhere.
    """

    sample_id: str
    person: str
    split: Split
    path: Path
    jpeg: bytes
    origin: SampleOrigin | None

    @property
    def session(self) -> str:
        """The session of the sample, see `session_of`."""
        return session_of(self.origin)


@dataclass(frozen=True)
class SampleCounts:
    """Numbers of samples by split."""

    train: int = 0
    test: int = 0


class Addition(Enum):
    """The result of adding a sample."""

    ADDED = auto()
    PRESENT = auto()
    FULL = auto()


class SampleStore:
    """The people and samples below one folder. Any number of processes may use it concurrently."""

    def __init__(self, home: Path, quotas: Quotas = _WITHOUT_LIMITS, seals: Seals | None = None) -> None:
        """Open the store below `home`, creating its folders if missing. Without seals, it has no key."""
        self.home = home
        self.quotas = quotas
        self.seals = seals or Seals(home)
        self._people = home / "people"
        self._samples = home / "samples"
        self._people.mkdir(parents=True, exist_ok=True)
        self._samples.mkdir(parents=True, exist_ok=True)
        self._origins = KnownOrigins(self._read_head)
        self._lock = samples_lock(home)

    def register(self, name: str) -> Person:
        """Register a person by display name, idempotently.

        Raises:
            InvalidName: see `familiar.shared.contract.slugs.slug_of`.
            NameTaken: another person's name has the same slug.
            BeingForgotten: the forgetting of a person of that slug is not complete.
            TooManyPeople: there are as many people as may be.
            DiskFull, OSError: the disk is full.
        """
        own_slug, name = slug_of(name), tidy_name(name)
        with self._lock:
            slug = self._slug_of_named(name) or own_slug
            if is_being_forgotten(self.home, slug):
                raise BeingForgotten
            if not is_regular(self._card(slug)):
                if self.quotas.people is not None and len(self._slugs()) >= self.quotas.people:
                    raise TooManyPeople
                self.require_space()
                self._write_card(slug, name)
            elif name != slug and (other := self._name(slug)).casefold() != name.casefold():
                raise NameTaken(f"{name!r} and {other!r} are both written {slug!r} in folders. {NameTaken().detail}")
        return self.person(slug)

    def rename(self, slug: str, name: str) -> Person:
        """Change a person's display name. The slug stays, because samples and model versions refer to it.

        Raises:
            UnknownPerson: there is nobody of that slug.
            InvalidName: see `familiar.shared.contract.slugs.slug_of`.
            NameTaken: another person has the name or its slug.
        """
        own_slug, name = slug_of(name), tidy_name(name)
        with self._lock:
            self.person(slug)
            other = self._slug_of_named(name) or own_slug
            if other != slug and is_regular(self._card(other)):
                raise NameTaken(f"{self._name(other)!r} is enrolled already. {NameTaken().detail}")
            self._write_card(slug, name)
        return self.person(slug)

    def slug_for(self, name: str) -> str:
        """Return the slug of the person with a display name, or the name's own slug if there is none.

        Raises:
            InvalidName: see `familiar.shared.contract.slugs.slug_of`.
        """
        own_slug = slug_of(name)
        return self._slug_of_named(tidy_name(name)) or own_slug

    def person(self, slug: str) -> Person:
        """Return a person by slug.

        Raises:
            UnknownPerson: there is nobody of that slug.
        """
        if not is_slug(slug) or not is_regular(self._card(slug)):
            raise UnknownPerson(f"Nobody is enrolled as {slug!r}. `familiar people` lists who is.")
        train = self._origins.of(self._folder(slug, Split.TRAIN))
        return Person(
            slug=slug,
            name=self._name(slug),
            train_samples=len(train),
            test_samples=self.count(slug, Split.TEST),
            sessions=len({session_of(origin) for origin in train}),
            days=len({day_of(origin) for origin in train}),
        )

    def people(self) -> tuple[Person, ...]:
        """Return all people, sorted by slug."""
        known = []
        for slug in self._slugs():
            # A person may be forgotten meanwhile.
            with contextlib.suppress(UnknownPerson, FileNotFoundError):
                known.append(self.person(slug))
        return tuple(known)

    def count(self, person: str, split: Split) -> int:
        """Count a person's samples in a split."""
        return len(self._paths(person, split))

    def count_session(self, person: str, session: str) -> SampleCounts:
        """Count a person's samples of one session, by split."""
        return SampleCounts(*(self._count_of(person, split, session) for split in (Split.TRAIN, Split.TEST)))

    def newest_enrolled(self, person: str, camera: str) -> SampleOrigin | None:
        """Return the origin of a person's newest sample from an enrolment on a camera, or None."""
        origins = (origin for split in Split for origin in self._origins.of(self._folder(person, split)) if origin)
        enrolled = (origin for origin in origins if origin.camera == camera and origin.enrolment_id != CORRECTION)
        return max(enrolled, key=lambda origin: origin.captured_at, default=None)

    def taken(self, person: str, split: Split) -> dict[str, datetime]:
        """Return when each sample of a split was taken, by id; where that is unknown, when it was stored."""
        folder = self._folder(person, split)
        found = {}
        for name, origin in self._origins.by_name(folder).items():
            # A sample may be deleted meanwhile.
            with contextlib.suppress(FileNotFoundError):
                path = folder / name
                found[path.stem] = origin.captured_at if origin else stored_at(path)
        return found

    def sample_ids(self, person: str) -> set[str]:
        """Return the ids of a person's samples in both splits."""
        return {path.stem for split in Split for path in self._paths(person, split)}

    def samples(self, person: str, split: Split) -> tuple[Sample, ...]:
        """Read a person's samples in chronological order; those of unknown origin come first."""
        samples = []
        for path in self._paths(person, split):
            # A sample may be deleted meanwhile.
            with contextlib.suppress(FileNotFoundError):
                samples.append(self._read_sample(path, person, split))
        return tuple(sorted(samples, key=age))

    def add(self, person: str, split: Split, crop: bytes, origin: SampleOrigin, most: int | None) -> Addition:
        """Store the JPEG of a crop, unless it exists already or the split holds `most` samples of its session.

        Counting and writing are done under one lock, so that the limit holds with concurrent writers. None is no limit.

        Raises:
            UnknownPerson: the person was forgotten, or never registered.
            TooManySamples: the person has as many samples as one may.
            KeyMissing: samples are encrypted, and this store has no key; nothing was stored.
            DiskFull, OSError: the disk is full; nothing was stored.
        """
        data = with_origin(crop, origin)
        folder = self._folder(person, split)
        path = folder / f"{hashlib.sha256(data).hexdigest()}.jpg"
        with self._lock:
            if not is_regular(self._card(person)):
                raise UnknownPerson(f"Nobody is enrolled as {person!r} any more; the sample was not stored.")
            if is_folder(folder) and is_regular(path):
                return Addition.PRESENT
            if most is not None and self._count_of(person, split, session_of(origin)) >= most:
                return Addition.FULL
            self.require_room(person, 1)
            make_folder(folder)
            write_atomically(path, self.seals.seal(sample_label(path), data))
        return Addition.ADDED

    def require_space(self) -> None:
        """Check that the disk has room for new work.

        Raises:
            DiskFull: it has none.
        """
        self.quotas.require_space(self.home)

    def trouble_with_space(self) -> str | None:
        """Return why the disk has no room for new work in a sentence, or None where it has."""
        return self.quotas.trouble_with(self.home)

    def require_room(self, person: str, more: int) -> None:
        """Check that there is room for so many samples more of a person.

        Raises:
            TooManySamples: the person would have more than one may.
            DiskFull: the disk has no room.
        """
        if self.quotas.samples is not None:
            present = sum(count_names(self._folder(person, split), ".jpg") for split in Split)
            if present + more > self.quotas.samples:
                raise TooManySamples
        self.require_space()

    def read(self, person: str, sample_id: str) -> bytes | None:
        """Read the JPEG of a sample from either split, or return None if it is gone.

        Raises:
            KeyMissing, KeyWrong, BrokenSeal: see `Seals.unseal`.
        """
        for split in Split:
            folder = self._folder(person, split)
            # It may be deleted meanwhile.
            with contextlib.suppress(FileNotFoundError):
                if is_folder(folder):
                    path = folder / f"{sample_id}.jpg"
                    return self.seals.unseal(sample_label(path), read_regular(path))
        return None

    def delete(self, person: str, sample_id: str) -> None:
        """Delete a sample of a person.

        Raises:
            UnknownSample: the person has no such sample.
        """
        with self._lock:
            paths = [path for split in Split for path in self._paths(person, split) if path.stem == sample_id]
            if not paths:
                raise UnknownSample
            for path in paths:
                path.unlink()

    def withdraw(self, sample_id: str, keep: str | None = None) -> None:
        """Delete a sample from all people but `keep`."""
        with self._lock:
            for path in self._samples.glob(f"*/*/{sample_id}.jpg"):
                if path.parent.name != keep and is_folder(path.parent) and is_regular(path):
                    path.unlink()

    def forget(self, person: str) -> int:
        """Delete a person and all their samples, and return their number.

        Raises:
            UnknownPerson: there is nobody of that slug.
        """
        known = self.person(person)
        self.erase(person)
        return known.train_samples + known.test_samples

    def erase(self, person: str) -> None:
        """Delete what there is of a person; idempotent, so that an interrupted deletion can be repeated."""
        with self._lock:
            # Nobody adds a sample without it.
            remove(self._card(person))
            # What a killed writer left behind may be their name. Names are written under this lock.
            for partial in self._people.glob(f"{PARTIAL_PREFIX}*"):
                remove(partial)
            sync(self._people)
            for split in Split:
                remove(self._folder(person, split))

    def _slug_of_named(self, name: str) -> str | None:
        for slug in self._slugs():
            # A person may be forgotten meanwhile.
            with contextlib.suppress(FileNotFoundError):
                if self._name(slug).casefold() == name.casefold():
                    return slug
        return None

    def _slugs(self) -> list[str]:
        return sorted(card.stem for card in regular_files(self._people, ".json") if is_slug(card.stem))

    def _card(self, slug: str) -> Path:
        return self._people / f"{slug}.json"

    def _write_card(self, slug: str, name: str) -> None:
        card = self._card(slug)
        if is_folder(card):
            remove(card)
        write_atomically(card, json.dumps({"name": name}, ensure_ascii=False).encode())

    def _name(self, slug: str) -> str:
        """Return a person's display name, which is the slug where the file does not have one."""
        try:
            # Bytes, which JSON decodes as UTF-8. Text would depend on the locale, which is briefly "C" (ASCII) while
            # LLVM compiles in the same process.
            name = json.loads(read_regular(self._card(slug)))["name"]
        except (ValueError, KeyError, TypeError, RecursionError):
            return slug
        return printable(name) if isinstance(name, str) and name else slug

    def _count_of(self, person: str, split: Split, session: str) -> int:
        return sum(session_of(origin) == session for origin in self._origins.of(self._folder(person, split)))

    def _read_sample(self, path: Path, person: str, split: Split) -> Sample:
        try:
            jpeg = self.seals.unseal(sample_label(path), read_regular(path))
        except BrokenSeal:
            # As a damaged file: training names it and goes on.
            jpeg = b""
        return Sample(path.stem, person, split, path, jpeg, read_origin(jpeg))

    def _read_head(self, path: Path) -> bytes:
        with open_regular(path) as file:
            head = file.read(HEAD_BYTES)
            if not is_sealed(head):
                return head
            # Whoever has lost the key can still list and forget people.
            with contextlib.suppress(KeyMissing, KeyWrong, BrokenSeal):
                return self.seals.unseal(sample_label(path), head + file.read())
            return b""

    def _folder(self, person: str, split: Split) -> Path:
        return self._samples / split / person

    def _paths(self, person: str, split: Split) -> list[Path]:
        return regular_files(self._folder(person, split), ".jpg")


def samples_lock(home: Path) -> FileLock:
    """Return the lock of the whole store: held for about a millisecond per sample, under a name that reveals nobody."""
    return FileLock(home / "samples.lock")


def sample_label(path: Path) -> str:
    """Return the label under which the file of a sample is sealed: somebody's is never taken for somebody else's."""
    return f"sample/{path.parent.parent.name}/{path.parent.name}/{path.stem}"


def age(sample: Sample) -> tuple[float, str]:
    """Return the sort key of a sample: its time, 0 if unknown, then its id."""
    taken_at = sample.origin.captured_at.timestamp() if sample.origin else 0.0
    return taken_at, sample.sample_id
