"""Where and when a sample was taken, in its JPEG's comment, and what follows from that: its session and its day."""

import os
from collections.abc import Collection
from datetime import date
from pathlib import Path

from pydantic import ValidationError

from familiar.shared.contract.messages import Message, Slug, Time
from familiar.shared.vision.jpeg import comment_of, with_comment

CORRECTION = "correction"
UNKNOWN_SESSION = ""

# The comment is the first segment of a file, and has a few hundred.
_HEAD_BYTES = 4096


class SampleOrigin(Message):
    """Where and when a sample was taken.

    A face that came by a correction has the id of its prediction as `frame_id`, `CORRECTION` as
    `enrolment_id`, and no camera where its picture came over HTTP.
    """

    frame_id: str
    camera: Slug | None
    captured_at: Time
    enrolment_id: str


def with_origin(crop: bytes, origin: SampleOrigin) -> bytes:
    """Write where and when a crop was taken into the JPEG's comment."""
    return with_comment(crop, origin.model_dump_json())


def read_origin(jpeg: bytes) -> SampleOrigin | None:
    """Read where and when a crop was taken out of the JPEG's comment; None where it does not say."""
    comment = comment_of(jpeg)
    try:
        return SampleOrigin.model_validate_json(comment) if comment is not None else None
    except ValidationError:
        # Somebody else's picture, with somebody else's comment.
        return None


def session_of(origin: SampleOrigin | None) -> str:
    """Name the session of a sample: samples of one session share light, place and clothes.

    Samples of one enrolment are one, photographs too. Corrections come one by one: those of one camera and day are
    one. So are all samples that do not say where they come from, `UNKNOWN_SESSION`.
    """
    if origin is None:
        return UNKNOWN_SESSION
    if origin.enrolment_id == CORRECTION:
        return f"{CORRECTION}:{origin.camera or ''}:{day_of(origin)}"
    return origin.enrolment_id


def day_of(origin: SampleOrigin | None) -> date | None:
    """Give the day, in UTC, on which a sample was taken; None where it does not say."""
    return origin.captured_at.date() if origin else None


def sessions_in_words(sessions: int, days: int) -> str:
    """Say in how many sessions, and on how many days, somebody was enrolled: "2 sessions on 1 day"."""
    return f"{sessions} session{'s' if sessions != 1 else ''} on {days} day{'s' if days != 1 else ''}"


class KnownOrigins:
    """The origins of the samples in any folder. Each file is read once, as a sample never changes."""

    def __init__(self) -> None:
        """Read nothing yet."""
        self._known: dict[Path, dict[str, SampleOrigin | None]] = {}

    def of(self, folder: Path) -> Collection[SampleOrigin | None]:
        """Give the origin of each sample that lies in the folder now, in no order; nothing where there is no folder."""
        try:
            with os.scandir(folder) as entries:
                names = [entry.name for entry in entries if entry.name.endswith(".jpg")]
        except FileNotFoundError:
            self._known.pop(folder, None)
            return ()
        known, present = self._known.get(folder, {}), {}
        for name in names:
            try:
                present[name] = known[name] if name in known else _read_head(folder / name)
            except FileNotFoundError:
                # Deleted meanwhile.
                continue
        self._known[folder] = present
        return present.values()


def _read_head(path: Path) -> SampleOrigin | None:
    with path.open("rb") as file:
        return read_origin(file.read(_HEAD_BYTES))
