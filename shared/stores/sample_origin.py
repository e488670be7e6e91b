"""The origin of a sample, stored as a comment in its JPEG, and the session and day derived from it."""

from collections.abc import Callable, Collection, Mapping
from datetime import date
from pathlib import Path

from pydantic import ValidationError

from familiar.shared.contract.messages import Message, Slug, Time
from familiar.shared.runtime.files import regular_files
from familiar.shared.vision.jpeg import comment_of, with_comment

CORRECTION = "correction"
UNKNOWN_SESSION = ""

# The comment is the first segment of a file, and a few hundred bytes long.
HEAD_BYTES = 4096


class SampleOrigin(Message):
    """Where and when a sample was taken."""

    frame_id: str
    """The frame, or the id of the prediction that was corrected."""
    camera: Slug | None
    """Null for pictures sent over HTTP."""
    captured_at: Time
    enrolment_id: str
    """The enrolment, or `correction`."""


def with_origin(crop: bytes, origin: SampleOrigin) -> bytes:
    """Return the JPEG of a crop with its origin as a comment."""
    return with_comment(crop, origin.model_dump_json())


def read_origin(jpeg: bytes) -> SampleOrigin | None:
    """Read the origin from a JPEG's comment, or return None without one."""
    comment = comment_of(jpeg)
    try:
        return SampleOrigin.model_validate_json(comment) if comment is not None else None
    except ValidationError:
        # A picture from elsewhere may have another comment.
        return None


def session_of(origin: SampleOrigin | None) -> str:
    """Return the session of a sample: samples of one session share light, place and clothes.

    The samples of one enrolment are one session, as are the corrections of one camera and day, and all samples of
    unknown origin (`UNKNOWN_SESSION`).
    """
    if origin is None:
        return UNKNOWN_SESSION
    if origin.enrolment_id == CORRECTION:
        return f"{CORRECTION}:{origin.camera or ''}:{day_of(origin)}"
    return origin.enrolment_id


def day_of(origin: SampleOrigin | None) -> date | None:
    """Return the day, in UTC, on which a sample was taken, or None if unknown."""
    return origin.captured_at.date() if origin else None


def sessions_in_words(sessions: int, days: int) -> str:
    """Format numbers of sessions and days: "2 sessions on 1 day"."""
    return f"{sessions} session{'s' if sessions != 1 else ''} on {days} day{'s' if days != 1 else ''}"


class KnownOrigins:
    """A cache of the origins of samples by folder. Each file is read once, because samples are immutable."""

    def __init__(self, read: Callable[[Path], bytes]) -> None:
        """Use `read` to read at least the beginning of a sample."""
        self._read = read
        self._known: dict[Path, dict[str, SampleOrigin | None]] = {}

    def of(self, folder: Path) -> Collection[SampleOrigin | None]:
        """Return the origins of the samples now in a folder, unordered; none for a missing folder."""
        return self.by_name(folder).values()

    def by_name(self, folder: Path) -> Mapping[str, SampleOrigin | None]:
        """Return the origins of the samples now in a folder by the names of their files; none for a missing folder."""
        names = [path.name for path in regular_files(folder, ".jpg")]
        known, present = self._known.get(folder, {}), {}
        for name in names:
            try:
                present[name] = known[name] if name in known else read_origin(self._read(folder / name))
            except FileNotFoundError:
                # Deleted meanwhile.
                continue
        if present:
            self._known[folder] = present
        else:
            self._known.pop(folder, None)
        return present
