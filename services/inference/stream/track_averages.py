"""Track averages: a face is named by the mean of the model's answers to the newest faces of its track.

Pure functions; time is capture time.
"""

from typing import Self

import numpy as np
from pydantic import Field, model_validator

from familiar.services.inference.model.predictor import Confidences
from familiar.shared.contract.messages import Confidence, Face, Message, Slug, Time

# Errors of single faces average out; more faces would only make a name slower to change
# (docs/decisions/8-tracks.md has figures).
AVERAGED_FACES = 10
# On slow cameras that many faces take long, and old ones say little about who is there now.
AVERAGED_SECONDS = 5.0

_DECIMALS = 6


class AnsweredFace(Message):
    """Answer of a model to one face: its confidence in each person."""

    face_id: str
    captured_at: Time
    confidences: tuple[Confidence, ...]


class TrackAnswers(Message):
    """Answers of one model version to the newest faces of a track, oldest first; `people` is its order of people."""

    model_version: int
    people: tuple[Slug, ...]
    faces: tuple[AnsweredFace, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _require_an_answer_for_everybody(self) -> Self:
        if any(len(face.confidences) != len(self.people) for face in self.faces):
            raise ValueError("a face has not as many confidences as there are people")
        return self

    def has(self, face_id: str) -> bool:
        """Return whether a face is among them."""
        return any(face.face_id == face_id for face in self.faces)


def answer_to(face: Face, confidences: Confidences, model_version: int, people: tuple[Slug, ...]) -> TrackAnswers:
    """Return a model's answer to one face, `(people,)`, rounded to a millionth, as it is kept as text."""
    rounded = tuple(round(float(confidence), _DECIMALS) for confidence in confidences)
    said = AnsweredFace(face_id=face.face_id, captured_at=face.captured_at, confidences=rounded)
    return TrackAnswers(model_version=model_version, people=people, faces=(said,))


def remember(before: TrackAnswers | None, answer: TrackAnswers) -> TrackAnswers:
    """Return the answers to a track after one more face; faces may come in any order, and repeatedly.

    Answers of another model version, or for other people, cannot be averaged with it: the track starts over.
    """
    if before is None or (before.model_version, before.people) != (answer.model_version, answer.people):
        return answer
    faces = {face.face_id: face for face in (*before.faces, *answer.faces)}
    in_order = sorted(faces.values(), key=lambda face: (face.captured_at, face.face_id))
    newest = in_order[-1].captured_at
    recent = [face for face in in_order if (newest - face.captured_at).total_seconds() <= AVERAGED_SECONDS]
    return answer.model_copy(update={"faces": tuple(recent[-AVERAGED_FACES:])})


def average(answers: TrackAnswers) -> Confidences:
    """Return the mean of the answers, `(people,)`, `float32`."""
    said = np.array([face.confidences for face in answers.faces], np.float64)
    return np.asarray(said.mean(axis=0), np.float32)
