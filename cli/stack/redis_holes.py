"""Which versions of Redis and of Valkey have published security holes.

From the release notes of both, https://github.com/redis/redis/releases and https://github.com/valkey-io/valkey/releases,
as of September 2026: for each series that is maintained, the release with all its security fixes.
"""

from typing import Final

from familiar.shared.redis.acl import Version

FIXED: Final[dict[str, dict[Version, int]]] = {
    "redis": {
        (6, 2): 24,
        (7, 2): 16,
        (7, 4): 11,
        (8, 2): 10,
        (8, 4): 6,
        (8, 6): 7,
        (8, 8): 3,
        (8, 10): 2,
    },
    "valkey": {
        (8, 0): 10,
        (8, 1): 9,
        (9, 0): 5,
        (9, 1): 1,
    },
}


def known_holes(name: str, version: Version) -> str | None:
    """Return a sentence if a version has published holes, and None if it has none or is newer than this table."""
    fixed = FIXED[name]
    series = version[:2]
    patch = fixed.get(series)
    if series > max(fixed) or (patch is not None and version >= (*series, patch)):
        return None
    better = f"{name} {'.'.join(map(str, series))}.{patch}" if patch is not None else "a series that is maintained"
    return (
        f"This version has published security holes, unless your distribution has fixed them: get {better} or newer. "
        "Familiar's users of Redis have no right to run scripts and commands by which most of them are used."
    )
