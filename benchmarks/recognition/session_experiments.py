"""Experiments that enrol people in some sessions and test a later one: another day, place, light or camera."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.face_reader import FaceReader
from benchmarks.people_folders import PersonFiles
from benchmarks.progress import tell
from benchmarks.recognition.experiment import Experiment, Fold, Person, leave_out, limit_samples
from benchmarks.recognition.gallery import FEWEST_ENROLLED, CropRow
from benchmarks.recognition.session_folders import PersonSessions, sessions_in
from familiar.shared.contract.errors import TooFewPeople
from familiar.shared.vision.images import Image

EARLIER_SESSIONS = "earlier_sessions"
FIRST_SESSION = "first_session"
GROUPS = 4
FEWEST_PEOPLE = 2


def read_sessions(
    folder: Path, same: Mapping[str, str], samples: int | None, reader: FaceReader, row: CropRow
) -> tuple[tuple[Experiment, ...], tuple[str, ...]]:
    """Read everybody's faces in each session; also return the names of people with too few.

    People with one session are same-camera strangers; a session without faces counts only for that.

    Raises:
        SourceFailed: the folder is missing, or there is nobody in it.
        TooFewPeople: too few people have several sessions.
    """
    people: list[Person] = []
    strangers: list[Person] = []
    left_out: list[str] = []
    for sessions in sessions_in(folder, same):
        person = _read_person(sessions, reader, row)
        enrolled, tested = sum(map(len, person.enrolled)), sum(map(len, person.tested))
        if len(sessions.sessions) == 1 and tested:
            strangers.append(person)
            tell(f"{person.name} is a stranger before the same camera: {tested} faces")
        elif enrolled >= FEWEST_ENROLLED:
            people.append(person)
            tell(f"{person.name}: {enrolled} faces of {len(person.enrolled)} sessions to enrol, {tested} to test")
        else:
            left_out.append(person.name)
            tell(f"{person.name} is left out: {enrolled} faces to enrol, {tested} to test")
    return session_experiments(people, strangers, samples), tuple(left_out)


def session_experiments(
    people: Sequence[Person], strangers: Sequence[Person], samples: int | None
) -> tuple[Experiment, ...]:
    """Return the experiments; without strangers, people are left out in `GROUPS` groups.

    A second experiment enrols the first session only, if anybody has several to enrol, and enough people have enough
    faces in their first.

    Raises:
        TooFewPeople: a training would have fewer than `FEWEST_PEOPLE`.
    """
    experiments = [_experiment(EARLIER_SESSIONS, people, people, strangers)]
    if any(len(person.enrolled) > 1 for person in people):
        enough = [person for person in people if len(person.enrolled[0]) >= FEWEST_ENROLLED]
        tell(f"{len(enough)} of {len(people)} people have enough faces in their first session")
        first = [replace(person, enrolled=person.enrolled[:1]) for person in enough]
        experiments.append(_experiment(FIRST_SESSION, people, first, strangers))
    trained = [experiment for experiment in experiments if _fewest_enrolled(experiment) >= FEWEST_PEOPLE]
    if not trained:
        raise TooFewPeople(
            f"{len(people)} people have faces in several sessions, and in each training at least {FEWEST_PEOPLE} are "
            "enrolled. Add further people or sessions."
        )
    return tuple(limit_samples(experiment, samples) for experiment in trained)


def _experiment(
    title: str, people: Sequence[Person], enrolled: Sequence[Person], strangers: Sequence[Person]
) -> Experiment:
    folds = (Fold(tuple(enrolled), tuple(strangers)),) if strangers else leave_out(people, enrolled, GROUPS)
    return Experiment(title, tuple(enrolled), folds)


def _fewest_enrolled(experiment: Experiment) -> int:
    return min((len(fold.enrolled) for fold in experiment.folds), default=0)


def _read_person(person: PersonSessions, reader: FaceReader, row: CropRow) -> Person:
    found = [_read_session(person.name, session, reader) for session in person.sessions]
    *earlier, last = [sequences for sequences in found if sequences] or [[]]
    enrolled = row.place([[crop for faces in sequences for crop in faces] for sequences in earlier])
    return Person(person.name, enrolled, row.place(last))


def _read_session(name: str, session: PersonFiles, reader: FaceReader) -> list[list[Image]]:
    sequences = [faces for faces in reader.read(session.sequences) if faces]
    if not sequences:
        tell(f"{name}: no face was found in session {session.name}")
    return sequences
