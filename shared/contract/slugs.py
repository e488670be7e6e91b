"""Slugs: display names reduced to what names folders and identifies people in messages."""

import re
import unicodedata

from slugify import slugify

from familiar.shared.contract.errors import InvalidName

NAME_LENGTH = 64
SLUG_PATTERN = r"^[a-z0-9]+(-[a-z0-9]+)*$"

# Control and format characters, which change how the text around them is shown; separators of lines; characters without
# a meaning of their own; and lone surrogates, which UTF-8 cannot encode.
_UNPRINTABLE = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})
_RESERVED = frozenset({"unknown", "stranger"})


def slug_of(name: str) -> str:
    """Return the slug of a display name: "Zoë K." becomes `zoe-k`.

    Raises:
        InvalidName: the name is empty, too long, reserved, has slashes, backslashes, control or invisible characters,
            or neither a letter nor a digit.
    """
    stripped = tidy_name(name)
    if not stripped:
        raise InvalidName("The name is empty. " + InvalidName().detail)
    if len(stripped) > NAME_LENGTH:
        raise InvalidName(f"The name has {len(stripped)} characters. " + InvalidName().detail)
    if any(letter in "/\\" for letter in stripped) or printable(stripped) != stripped:
        shown = printable(stripped)
        raise InvalidName(f"{shown!r} has a slash, a control character or an invisible one. " + InvalidName().detail)
    slug = slugify(stripped, max_length=NAME_LENGTH)
    if not slug:
        raise InvalidName(f"The name {stripped!r} has neither a letter nor a digit. " + InvalidName().detail)
    if slug in _RESERVED:
        raise InvalidName(f"{slug!r} is what Familiar calls people it does not know. Choose another name.")
    return slug


def tidy_name(name: str) -> str:
    """Strip surrounding whitespace and normalise to Unicode NFC."""
    return unicodedata.normalize("NFC", name.strip())


def printable(text: str) -> str:
    r"""Escape whatever a terminal, a log or a page would obey or hide instead of showing it, such as `\x1b`."""
    return "".join(
        letter.encode("unicode_escape").decode() if unicodedata.category(letter) in _UNPRINTABLE else letter
        for letter in text
    )


def is_slug(text: str) -> bool:
    """Return whether the text is a valid slug, as camera names have to be."""
    return len(text) <= NAME_LENGTH and re.fullmatch(SLUG_PATTERN, text) is not None
