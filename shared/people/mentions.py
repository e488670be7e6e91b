"""Whether a text mentions somebody: by slug or display name, as a word of its own."""

import json
import re
from collections.abc import Iterable


class Mentions:
    """The mentions of somebody in text or bytes, in any case, in UTF-8 or escaped as in JSON."""

    def __init__(self, names: Iterable[str]) -> None:
        """Look for these names."""
        forms = {form for name in names for form in (name, json.dumps(name)[1:-1])}
        longest_first = sorted(forms, key=len, reverse=True)
        words = "|".join(re.escape(form) for form in longest_first)
        self._in_text = re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.IGNORECASE)

    def are_in(self, text: str) -> bool:
        """Return whether somebody is mentioned."""
        return self._in_text.search(text) is not None

    def masked(self, line: bytes) -> bytes:
        """Return a line of the same length, with an asterisk for each byte of a mention."""
        # Surrogates keep what is no UTF-8 as it is.
        text = line.decode(errors="surrogateescape")
        mask = self._in_text.sub(lambda found: "*" * len(found[0].encode(errors="surrogateescape")), text)
        return mask.encode(errors="surrogateescape")
