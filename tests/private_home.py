"""Whether a home is its owner's alone: its modes, and what another user gets to see of it."""

import os
import stat
import subprocess
from pathlib import Path

import pytest

NOBODY = 65534

_LOOK = 'ls -R "$0"; for file; do [ -r "$file" ] && echo "read $file"; done; true'


def open_to_others(home: Path) -> list[str]:
    """List what is in a home, itself included, and grants anything to the group or to others."""
    paths = [home, *home.rglob("*")]
    return [
        f"{stat.filemode(mode)} {path}"
        for path in paths
        if not stat.S_ISLNK(mode := path.lstat().st_mode) and mode & 0o077
    ]


def seen_by_another_user(home: Path) -> str:
    """Walk a home as another user, and open each of its files; give what is seen."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    files = [str(path) for path in home.rglob("*") if path.is_file()]
    command = ["/bin/sh", "-c", _LOOK, str(home), *files]
    return subprocess.run(
        command, user=NOBODY, group=NOBODY, extra_groups=(), capture_output=True, text=True, check=True
    ).stdout
