"""The gallery: all faces of the recognition benchmark, of people, strangers, and strangers to learn from."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.face_reader import FaceReader
from benchmarks.people_folders import PersonFiles, strangers_in
from benchmarks.progress import tell
from benchmarks.recognition.experiment import Experiment, Indexes
from familiar.shared.contract.errors import SourceFailed
from familiar.shared.vision.images import Image

FEWEST_ENROLLED = 2


@dataclass(frozen=True)
class Gallery:
    """All crops, as cut by `cut_face`, and whose they are.

    Each stranger is a sequence of faces, of length 1 for a picture. `left_out` are the names of people with too few
    faces.
    """

    crops: tuple[Image, ...]
    experiments: tuple[Experiment, ...]
    strangers: tuple[Indexes, ...]
    learned_strangers: Indexes
    left_out: tuple[str, ...]

    @property
    def enrolled(self) -> Indexes:
        """The sorted indices of all faces enrolled in any experiment."""
        people = [person for experiment in self.experiments for person in experiment.people]
        return np.unique(np.concatenate([sequence for person in people for sequence in person.enrolled]))


class CropRow:
    """An append-only row of crops, referred to by index."""

    def __init__(self) -> None:
        self.crops: list[Image] = []

    def place(self, sequences: Sequence[Sequence[Image]]) -> tuple[Indexes, ...]:
        """Append sequences of crops, and return the indices of each."""
        places = []
        for sequence in sequences:
            places.append(np.arange(len(self.crops), len(self.crops) + len(sequence)))
            self.crops.extend(sequence)
        return tuple(places)


def read_strangers(
    strangers: Path, learned_strangers: Path, reader: FaceReader, row: CropRow
) -> tuple[tuple[Indexes, ...], Indexes]:
    """Read the faces of the strangers to test, in sequences, and of those to learn from.

    Raises:
        SourceFailed: a folder is missing, or no face is found in one.
    """
    stranger_files, learned_files = part_strangers(strangers, learned_strangers)
    placed = row.place(_read(stranger_files, reader))
    return placed, np.concatenate(row.place(_read(learned_files, reader)))


def part_strangers(strangers: Path, learned_strangers: Path) -> tuple[tuple[PersonFiles, ...], tuple[PersonFiles, ...]]:
    """Return the strangers to test and those to learn from; a folder given for both is split between them."""
    if strangers.resolve() != learned_strangers.resolve():
        return strangers_in(strangers), strangers_in(learned_strangers)
    everybody = strangers_in(strangers)
    return everybody[1::2], everybody[::2]


def _read(people: Sequence[PersonFiles], reader: FaceReader) -> list[list[Image]]:
    found = [faces for faces in reader.read([paths for person in people for paths in person.sequences]) if faces]
    tell(f"{sum(map(len, found))} faces of {len(people)} strangers")
    if not found:
        raise SourceFailed("No face was found among the strangers to test with, or those to learn. Give other folders.")
    return found
