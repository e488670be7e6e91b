"""From a display name to the slug that names folders and stands in messages."""

import re
import unicodedata

from slugify import slugify

from familiar.shared.contract.errors import InvalidName

NAME_LENGTH = 64
SLUG_PATTERN = r"^[a-z0-9]+(-[a-z0-9]+)*$"

# Control characters, and halves of characters that no file can hold.
_UNPRINTABLE = frozenset({"Cc", "Cs"})
_RESERVED = frozenset({"unknown", "stranger"})


def slug_of(name: str) -> str:
    """Make the slug of a display name: "Zoë K." is `zoe-k`.

    Raises:
        InvalidName: the name is empty, overlong, has slashes, backslashes or control characters, has
            neither a letter nor a digit, or is a word that Familiar answers with itself.
    """
    stripped = tidy_name(name)
    if not stripped:
        raise InvalidName("The name is empty. " + InvalidName().detail)
    if len(stripped) > NAME_LENGTH:
        raise InvalidName(f"The name has {len(stripped)} characters. " + InvalidName().detail)
    if any(letter in "/\\" or unicodedata.category(letter) in _UNPRINTABLE for letter in stripped):
        raise InvalidName(f"The name {stripped!r} has a slash or a control character. " + InvalidName().detail)
    slug = slugify(stripped, max_length=NAME_LENGTH)
    if not slug:
        raise InvalidName(f"The name {stripped!r} has neither a letter nor a digit. " + InvalidName().detail)
    if slug in _RESERVED:
        raise InvalidName(f"{slug!r} is what Familiar calls people it does not know. Choose another name.")
    return slug


def tidy_name(name: str) -> str:
    """Take the blanks around a name away, and write its letters in one way of the several that Unicode allows."""
    return unicodedata.normalize("NFC", name.strip())


def is_slug(text: str) -> bool:
    """Tell whether the text is a slug already, as camera names have to be."""
    return len(text) <= NAME_LENGTH and re.fullmatch(SLUG_PATTERN, text) is not None
