"""All faces of the recognition benchmark: who is to be known, who is a stranger, who is background."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.face_reader import FaceReader
from benchmarks.halves import Halves, halve
from benchmarks.people_folders import PersonFiles, people_in, strangers_in
from benchmarks.progress import tell
from shared.errors import SourceFailed, TooFewPeople
from shared.images import Image

FEWEST_FACES = 10
FEWEST_ENROLLED = 2
# Two are enrolled while one is left out.
FEWEST_PEOPLE = 3

Indexes = NDArray[np.int64]


@dataclass(frozen=True)
class Person:
    """Somebody before the camera. Sequences of consecutive faces, as places in `Gallery.crops`."""

    name: str
    enrolled: tuple[Indexes, ...]
    tested: tuple[Indexes, ...]


@dataclass(frozen=True)
class Gallery:
    """Crops as `cut_face` makes them, and who they are; people are sorted by name.

    Each stranger is a sequence of faces: a picture is one of length 1. `left_out` names people of whom too few
    faces were found.
    """

    crops: tuple[Image, ...]
    people: tuple[Person, ...]
    strangers: tuple[Indexes, ...]
    background: Indexes
    left_out: tuple[str, ...]


def read_gallery(people: Sequence[Path], strangers: Path, background: Path, reader: FaceReader) -> Gallery:
    """Find everybody's faces in the files of the folders.

    Raises:
        SourceFailed: a folder is missing, or no stranger's or background face is found.
        TooFewPeople: fewer than `FEWEST_PEOPLE` people have enough faces.
    """
    stranger_files, background_files = part_strangers(strangers, background)
    halves: dict[str, Halves[Image]] = {}
    left_out: list[str] = []
    for files in people_in(people):
        own = _read_person(files, reader)
        enrolled, tested = _count(own.enrolled), _count(own.tested)
        if enrolled + tested < FEWEST_FACES or enrolled < FEWEST_ENROLLED or not tested:
            left_out.append(files.name)
            tell(f"{files.name} is left out: {enrolled + tested} faces found, {tested} of them to test with")
            continue
        halves[files.name] = own
        tell(f"{files.name}: {enrolled} faces to enrol, {tested} to test")
    if len(halves) < FEWEST_PEOPLE:
        raise TooFewPeople(
            f"{len(halves)} people have {FEWEST_FACES} faces or more, and one of at least {FEWEST_PEOPLE} is left out "
            "in turn. Add further people."
        )
    return _gather(halves, _read_strangers(stranger_files, reader), _read_strangers(background_files, reader), left_out)


def part_strangers(strangers: Path, background: Path) -> tuple[tuple[PersonFiles, ...], tuple[PersonFiles, ...]]:
    """List the strangers to test with and those to learn as background; of one folder, every other one is for each."""
    if strangers.resolve() != background.resolve():
        return strangers_in(strangers), strangers_in(background)
    everybody = strangers_in(strangers)
    return everybody[1::2], everybody[::2]


def _read_person(files: PersonFiles, reader: FaceReader) -> Halves[Image]:
    faces = reader.read(files.sequences)
    clips = len(files.clips)
    return halve(faces[:clips], [crop for pictures in faces[clips:] for crop in pictures])


def _read_strangers(people: Sequence[PersonFiles], reader: FaceReader) -> list[list[Image]]:
    found = [faces for faces in reader.read([paths for person in people for paths in person.sequences]) if faces]
    tell(f"{sum(map(len, found))} faces of {len(people)} strangers")
    if not found:
        raise SourceFailed("No face was found among the strangers or the background. Give folders with more pictures.")
    return found


def _gather(
    people: dict[str, Halves[Image]],
    strangers: Sequence[Sequence[Image]],
    background: Sequence[Sequence[Image]],
    left_out: Sequence[str],
) -> Gallery:
    """Put all crops into one row, and say by their places whose they are."""
    crops: list[Image] = []

    def place(sequences: Sequence[Sequence[Image]]) -> tuple[Indexes, ...]:
        places = []
        for sequence in sequences:
            places.append(np.arange(len(crops), len(crops) + len(sequence)))
            crops.extend(sequence)
        return tuple(places)

    persons = tuple(Person(name, place(own.enrolled), place(own.tested)) for name, own in sorted(people.items()))
    placed_strangers, placed_background = place(strangers), place(background)
    return Gallery(tuple(crops), persons, placed_strangers, np.concatenate(placed_background), tuple(left_out))


def _count(sequences: Sequence[Sequence[Image]]) -> int:
    return sum(map(len, sequences))
