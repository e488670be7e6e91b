"""Data set layout: folders of people with clips and pictures."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from familiar.shared.contract.errors import SourceFailed
from familiar.shared.vision.picture_files import pictures_in

CLIP_ENDINGS = frozenset({".avi", ".m4v", ".mkv", ".mov", ".mp4", ".webm"})


@dataclass(frozen=True)
class PersonFiles:
    """The files that show one person, in chronological order, which is the order of their names."""

    name: str
    clips: tuple[Path, ...]
    pictures: tuple[Path, ...]

    @property
    def sequences(self) -> tuple[tuple[Path, ...], ...]:
        """The sequences of consecutive faces: each clip, and all pictures together."""
        return (*((clip,) for clip in self.clips), *([self.pictures] if self.pictures else []))


def people_in(folders: Sequence[Path]) -> tuple[PersonFiles, ...]:
    """Return the people in folders, sorted by name: each subfolder and each clip is named after a person.

    Equal names in several folders are one person, whose files are joined in the order of the folders.

    Raises:
        SourceFailed: a folder is missing, or there is nobody in them.
    """
    clips: dict[str, list[Path]] = defaultdict(list)
    pictures: dict[str, list[Path]] = defaultdict(list)
    for folder in folders:
        for clip in clips_in(folder):
            clips[clip.stem].append(clip)
        for own in sorted(path for path in folder.iterdir() if path.is_dir()):
            clips[own.name] += clips_in(own)
            pictures[own.name] += pictures_in(own)
    names = sorted(name for name in clips.keys() | pictures.keys() if clips[name] or pictures[name])
    if not names:
        raise SourceFailed(
            f"There is nobody in {_named(folders)}. Put in a folder of pictures or clips for each person."
        )
    return tuple(PersonFiles(name, tuple(clips[name]), tuple(pictures[name])) for name in names)


def strangers_in(folder: Path) -> tuple[PersonFiles, ...]:
    """Return the strangers in a folder, sorted by name; each picture directly in it is a person of its own.

    Raises:
        SourceFailed: the folder is missing or empty.
    """
    if not folder.is_dir():
        raise SourceFailed(f"There is no folder {str(folder)!r}. Check the path.")
    alone = [PersonFiles(path.stem, (), (path,)) for path in pictures_in(folder)]
    others = people_in([folder]) if not alone or any(path.is_dir() for path in folder.iterdir()) else ()
    return tuple(sorted([*alone, *others], key=lambda person: person.name))


def clips_in(folder: Path) -> list[Path]:
    """Return the clips directly in a folder, sorted by name.

    Raises:
        SourceFailed: the folder is missing.
    """
    if not folder.is_dir():
        raise SourceFailed(f"There is no folder {str(folder)!r}. Check the path.")
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in CLIP_ENDINGS)


def _named(folders: Sequence[Path]) -> str:
    return ", ".join(repr(str(folder)) for folder in folders)
