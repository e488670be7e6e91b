"""Durations as they are written on the command line."""

import re
from datetime import timedelta

from familiar.shared.contract.errors import InvalidRequest

_DURATION = re.compile(r"([1-9]\d{0,4})([mhdw])")
_UNITS = {
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}


def duration(text: str) -> timedelta:
    """Parse a duration such as `90m`, `12h`, `30d` or `8w`.

    Raises:
        InvalidRequest: it is none.
    """
    match = _DURATION.fullmatch(text)
    if match is None:
        raise InvalidRequest(f"{text!r} is no duration. Write 90m, 12h, 30d or 8w.")
    return int(match[1]) * _UNITS[match[2]]
