"""Splitting each person's faces into halves that share no moment."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

FaceT = TypeVar("FaceT")


@dataclass(frozen=True)
class Halves(Generic[FaceT]):
    """A person's faces for enrolment and for testing, in non-empty sequences of consecutive ones."""

    enrolled: tuple[Sequence[FaceT], ...]
    tested: tuple[Sequence[FaceT], ...]


def halve(clips: Sequence[Sequence[FaceT]], pictures: Sequence[FaceT]) -> Halves[FaceT]:
    """Enrol the first half of the clips, or of a single clip, and every other picture.

    With an odd number, one more is enrolled than tested.
    """
    if len(clips) == 1:
        (clip,) = clips
        clips = (clip[: _half(clip)], clip[_half(clip) :])
    enrolled = (*clips[: _half(clips)], pictures[::2])
    tested = (*clips[_half(clips) :], pictures[1::2])
    return Halves(tuple(filter(len, enrolled)), tuple(filter(len, tested)))


def train_and_test_counts(faces: int, samples: int) -> tuple[int, int]:
    """Return the numbers of a person's train samples, at most `samples`, and test samples, at most half as many.

    With fewer than one and a half times `samples` faces, two of three train.
    """
    train = min(samples, faces * 2 // 3)
    return train, min(samples // 2, faces - train)


def _half(sequence: Sequence[object]) -> int:
    return (len(sequence) + 1) // 2
