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
_HIDDEN = "..."

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*")
_HOST = re.compile(r"(\[[0-9A-Fa-f:.%]+\]|[A-Za-z0-9._-]+)(:\d{1,5})?")
# A word or a small number, as in `/Streaming/Channels/101`: a token is longer, has more digits, or mixes all kinds.
_WORD = re.compile(r"[\w.-]{0,20}", re.ASCII)
_MOST_DIGITS = 5
_TELLING_WORDS = r"(pass|pwd|token|secret|auth|key|user|login)"
_TELLING_WORD = re.compile(_TELLING_WORDS, re.IGNORECASE)
# With a slash too few, or without its scheme, an address is taken for a file.
_LIKE_AN_ADDRESS = re.compile(rf"\w{{2,}}:|\w+//|.*(:.*@|[?&].*=|{_TELLING_WORDS}\w*=)", re.IGNORECASE | re.DOTALL)


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
        """The address for logs and for people: of a network camera its scheme and host, and the port if there is one.

        A password may stand anywhere else, in whatever way a camera's maker chose, and so may a token. An address that
        no parser takes may hold one too, so what is no plain host is not shown.
        """
        if self.kind is not SourceKind.NETWORK:
            return _HIDDEN if _may_hold_a_password(self.location) else self.location
        scheme, separator, rest = self.location.partition(_NETWORK)
        authority, *path = re.split(r"(?=[/?#\\])", rest, maxsplit=1)
        host = authority.rpartition("@")[2]
        if not _SCHEME.fullmatch(scheme):
            return _HIDDEN
        # With a slash or the like in the password, the host comes later.
        is_host = _HOST.fullmatch(host) and "@" not in "".join(path)
        return scheme + separator + (host if is_host else _HIDDEN)

    @property
    def may_hold_a_secret(self) -> bool:
        """Whether anything in the address may be a password or a token."""
        if self.kind is not SourceKind.NETWORK:
            return _may_hold_a_password(self.location)
        if not self.location.startswith(self.shown):
            return True
        begin, *segments = self.location.removeprefix(self.shown).split("/")
        return bool(begin) or not all(map(_is_plain, segments))


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
        said = "such option" if _may_hold_a_password(text) else f"option {', '.join(sorted(unknown))}"
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
    return not location.startswith(_SYNTHETIC) and _LIKE_AN_ADDRESS.match(location) is not None


def _is_plain(segment: str) -> bool:
    digits = sum(letter.isdigit() for letter in segment)
    mixed = digits and segment.lower() != segment and segment.upper() != segment
    return bool(_WORD.fullmatch(segment)) and digits <= _MOST_DIGITS and not mixed and not _TELLING_WORD.search(segment)


def _kind_of(location: str) -> tuple[SourceKind, str]:
    if location.isdecimal():
        return SourceKind.WEBCAM, location
    if location.startswith(_SYNTHETIC):
        return SourceKind.SYNTHETIC, location.removeprefix(_SYNTHETIC)
    return SourceKind.FILE, location
