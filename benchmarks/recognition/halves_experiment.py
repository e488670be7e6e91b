"""The experiment that enrols one half of everybody's faces and tests the other, leaving out each person in turn."""

from collections.abc import Sequence
from pathlib import Path

from benchmarks.face_reader import FaceReader
from benchmarks.halves import halve
from benchmarks.people_folders import PersonFiles, people_in
from benchmarks.progress import tell
from benchmarks.recognition.experiment import Experiment, Person, leave_out, limit_samples
from benchmarks.recognition.gallery import FEWEST_ENROLLED, CropRow
from familiar.shared.contract.errors import TooFewPeople

HALVES = "halves"
FEWEST_FACES = 10
# Two are enrolled while one is left out.
FEWEST_PEOPLE = 3


def read_halves(
    folders: Sequence[Path], samples: int | None, reader: FaceReader, row: CropRow
) -> tuple[tuple[Experiment, ...], tuple[str, ...]]:
    """Read everybody's faces; also return the names of people with too few.

    Raises:
        SourceFailed: a folder is missing, or there is nobody in them.
        TooFewPeople: fewer than `FEWEST_PEOPLE` people have enough faces.
    """
    people: list[Person] = []
    left_out: list[str] = []
    for files in people_in(folders):
        person = _read_person(files, reader, row)
        enrolled, tested = sum(map(len, person.enrolled)), sum(map(len, person.tested))
        if enrolled + tested < FEWEST_FACES or enrolled < FEWEST_ENROLLED or not tested:
            left_out.append(files.name)
            tell(f"{files.name} is left out: {enrolled + tested} faces found, {tested} of them to test with")
            continue
        people.append(person)
        tell(f"{files.name}: {enrolled} faces to enrol, {tested} to test")
    if len(people) < FEWEST_PEOPLE:
        raise TooFewPeople(
            f"{len(people)} people have {FEWEST_FACES} faces or more, and one of at least {FEWEST_PEOPLE} is left out "
            "in turn. Add further people."
        )
    experiment = Experiment(HALVES, tuple(people), leave_out(people, people, len(people)))
    return (limit_samples(experiment, samples),), tuple(left_out)


def _read_person(files: PersonFiles, reader: FaceReader, row: CropRow) -> Person:
    faces = reader.read(files.sequences)
    clips = len(files.clips)
    own = halve(faces[:clips], [crop for pictures in faces[clips:] for crop in pictures])
    return Person(files.name, row.place(own.enrolled), row.place(own.tested))
