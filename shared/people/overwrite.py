"""Changes lines of a file in place, byte for byte, while others go on appending to it."""

from collections.abc import Callable
from pathlib import Path


def overwrite_lines(path: Path, change: Callable[[bytes], bytes]) -> int:
    """Replace each line of a file by what `change` makes of it, of the same length; return the number of changed ones.

    Nothing is renamed or truncated, because others have the file open.
    """
    changed = 0
    with path.open("rb+") as file:
        begin = 0
        while line := file.readline():
            replacement = change(line)
            if replacement != line:
                changed += 1
                file.seek(begin)
                file.write(replacement)
            begin += len(line)
            file.seek(begin)
    return changed
