"""Data set layout with sessions: a folder for each person, with clips, folders or pictures of each session."""

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.people_folders import PersonFiles, clips_in
from familiar.shared.contract.errors import SourceFailed
from familiar.shared.vision.picture_files import pictures_in


@dataclass(frozen=True)
class PersonSessions:
    """The files that show one person, by session, sorted by the sessions' names."""

    name: str
    sessions: tuple[PersonFiles, ...]


def sessions_in(folder: Path, same: Mapping[str, str]) -> tuple[PersonSessions, ...]:
    """Return the people in a folder, one per subfolder, sorted by name.

    A session is a clip, named by its stem, a subfolder, or the pictures with a common name up to the last underscore; a
    picture without an underscore is a session of its own. Sessions are in natural sort order. `same` maps the name of a
    session to that of the session it belongs to.

    Raises:
        SourceFailed: the folder is missing, or there is nobody in it.
    """
    if not folder.is_dir():
        raise SourceFailed(f"There is no folder {str(folder)!r}. Check the path.")
    people = [
        PersonSessions(own.name, sessions)
        for own in sorted(path for path in folder.iterdir() if path.is_dir())
        if (sessions := _sessions_of(own, same))
    ]
    if not people:
        raise SourceFailed(f"There is nobody in {str(folder)!r}. Put in a folder of sessions for each person.")
    return tuple(people)


def _sessions_of(folder: Path, same: Mapping[str, str]) -> tuple[PersonFiles, ...]:
    clips: dict[str, list[Path]] = defaultdict(list)
    pictures: dict[str, list[Path]] = defaultdict(list)

    def session(name: str) -> str:
        return same.get(name, name)

    for clip in clips_in(folder):
        clips[session(clip.stem)].append(clip)
    for picture in pictures_in(folder):
        pictures[session(picture.stem.rpartition("_")[0] or picture.stem)].append(picture)
    for own in sorted(path for path in folder.iterdir() if path.is_dir()):
        clips[session(own.name)] += clips_in(own)
        pictures[session(own.name)] += pictures_in(own)
    names = sorted((name for name in clips.keys() | pictures.keys() if clips[name] or pictures[name]), key=_natural)
    return tuple(PersonFiles(name, tuple(clips[name]), tuple(pictures[name])) for name in names)


def _natural(name: str) -> tuple[tuple[str, int], ...]:
    """Return a natural sort key, by which `s10` follows `s9`."""
    return tuple((text, int(digits or -1)) for text, digits in re.findall(r"(\D*)(\d*)", name))
