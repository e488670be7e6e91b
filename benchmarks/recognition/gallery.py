"""All faces of the recognition benchmark: who is to be known, who is a stranger, which strangers are learned."""

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
    """Crops as `cut_face` makes them, and who they are.

    Each stranger is a sequence of faces: a picture is one of length 1. `left_out` names people of whom too few
    faces were found.
    """

    crops: tuple[Image, ...]
    experiments: tuple[Experiment, ...]
    strangers: tuple[Indexes, ...]
    learned_strangers: Indexes
    left_out: tuple[str, ...]

    @property
    def enrolled(self) -> Indexes:
        """Every face that somebody is enrolled with in some experiment, once, in order."""
        people = [person for experiment in self.experiments for person in experiment.people]
        return np.unique(np.concatenate([sequence for person in people for sequence in person.enrolled]))


class CropRow:
    """All crops in one row; whose they are is said by their places."""

    def __init__(self) -> None:
        """Begin with none."""
        self.crops: list[Image] = []

    def place(self, sequences: Sequence[Sequence[Image]]) -> tuple[Indexes, ...]:
        """Put sequences of crops at the end, and give the places of each."""
        places = []
        for sequence in sequences:
            places.append(np.arange(len(self.crops), len(self.crops) + len(sequence)))
            self.crops.extend(sequence)
        return tuple(places)


def read_strangers(
    strangers: Path, learned_strangers: Path, reader: FaceReader, row: CropRow
) -> tuple[tuple[Indexes, ...], Indexes]:
    """Find the faces of the strangers, in sequences, and those of the strangers to learn.

    Raises:
        SourceFailed: a folder is missing, or of either no face is found.
    """
    stranger_files, learned_files = part_strangers(strangers, learned_strangers)
    placed = row.place(_read(stranger_files, reader))
    return placed, np.concatenate(row.place(_read(learned_files, reader)))


def part_strangers(strangers: Path, learned_strangers: Path) -> tuple[tuple[PersonFiles, ...], tuple[PersonFiles, ...]]:
    """List the strangers to test with and those to learn; of one folder, every other one is for each."""
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
