"""Real recordings as folders of pictures, which a camera or an upload of photographs can read."""

from collections.abc import Iterable
from pathlib import Path


def recording(person: Path, session: str, folder: Path) -> Path:
    """Make a folder that shows one session of a person: the pictures themselves, in their order."""
    return linked(sorted(person.glob(f"{session}_*.jpg")), folder / f"{person.name}-{session}")


def linked(pictures: Iterable[Path], folder: Path) -> Path:
    """Make a folder of links to pictures."""
    folder.mkdir(parents=True)
    for picture in pictures:
        (folder / picture.name).symlink_to(picture)
    return folder
