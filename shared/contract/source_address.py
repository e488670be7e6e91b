"""Camera source addresses, parsed from text.

    0                        the first webcam
    film.mp4                 a video file
    pictures/                a folder of pictures, sorted by name
    rtsp://..., http://...   a network camera
    synthetic:karan          a drawn person, the test pattern

Files, folders and drawn people take comma-separated options after a `#`: `loop` restarts at the end, `fast` delivers
pictures as fast as they are consumed instead of in real time.
"""

import re
import shlex
from dataclasses import dataclass, field
from enum import Enum, auto

from familiar.shared.contract.errors import FamiliarError, SourceFailed
from familiar.shared.contract.slugs import is_slug

_OPTIONS = frozenset({"loop", "fast"})
_NETWORK = "://"
_SYNTHETIC = "synthetic:"


class SourceKind(Enum):
    """The kinds of sources."""

    WEBCAM = auto()
    FILE = auto()
    NETWORK = auto()
    SYNTHETIC = auto()


@dataclass(frozen=True)
class SourceAddress:
    """The source of a camera's pictures, and how it is played back."""

    kind: SourceKind
    location: str = field(repr=False)
    loop: bool = False
    fast: bool = False

    @property
    def shown(self) -> str:
        """The address for logs and for people: without user name, password and query.

        It is cut by hand, as an address that no parser takes may hold a password too. Where a password may
        reach beyond the host's part, only the scheme is shown. With a slash too few, an address is taken for a file.
        """
        if self.kind is not SourceKind.NETWORK:
            return "..." if _may_hold_a_password(self.location) else self.location
        scheme, separator, rest = self.location.partition(_NETWORK)
        host, *path = re.split(r"(?=[/?#])", rest, maxsplit=1)
        if "@" in "".join(path):
            return f"{scheme}{separator}..."
        return scheme + separator + re.split(r"[?#]", host.rpartition("@")[2] + "".join(path))[0]


def parse_source_address(text: str) -> SourceAddress:
    """Parse a source address.

    Raises:
        SourceFailed: the text is empty or has an unknown option.
    """
    if _NETWORK in text:
        return SourceAddress(SourceKind.NETWORK, text)
    location, _, options_text = text.partition("#")
    options = {option for option in options_text.split(",") if option}
    if not location:
        raise SourceFailed(
            "The camera has no source. Give a webcam's number, a file, a folder, an address or synthetic:NAME."
        )
    if unknown := options - _OPTIONS:
        said = "such option" if "@" in text else f"option {', '.join(sorted(unknown))} for {location!r}"
        raise SourceFailed(f"There is no {said}; there are: fast, loop.")
    kind, location = _kind_of(location)
    if not location:
        raise SourceFailed("The drawn person has no name. Write synthetic:NAME.")
    return SourceAddress(kind, location, loop="loop" in options, fast="fast" in options)


def parse_cameras(text: str) -> dict[str, SourceAddress]:
    """Parse cameras as `name=source`, separated by whitespace and quoted as in a shell.

    Error messages repeat nothing that may be a password.

    Raises:
        ValueError: the text is malformed; the message says where and why.
    """
    cameras: dict[str, SourceAddress] = {}
    for number, part in enumerate(shlex.split(text), start=1):
        name, separator, source = part.partition("=")
        if not separator or not is_slug(name):
            raise ValueError(f"camera {number}: write name=source, the name in lower-case letters, digits and hyphens")
        if name in cameras:
            raise ValueError(f"{name!r} is named twice")
        try:
            cameras[name] = parse_source_address(source)
        except FamiliarError as error:
            raise ValueError(error.detail) from error
    return cameras


def _may_hold_a_password(location: str) -> bool:
    name, separator, _ = location.rpartition("@")
    return bool(separator) and ":" in name


def _kind_of(location: str) -> tuple[SourceKind, str]:
    if location.isdecimal():
        return SourceKind.WEBCAM, location
    if location.startswith(_SYNTHETIC):
        return SourceKind.SYNTHETIC, location.removeprefix(_SYNTHETIC)
    return SourceKind.FILE, location
