"""Who learns from what: parting each person's faces, so that no moment is on both sides."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

FaceT = TypeVar("FaceT")


@dataclass(frozen=True)
class Halves(Generic[FaceT]):
    """A person's faces to enrol and to test with, in sequences of consecutive ones; none is empty."""

    enrolled: tuple[Sequence[FaceT], ...]
    tested: tuple[Sequence[FaceT], ...]


def halve(clips: Sequence[Sequence[FaceT]], pictures: Sequence[FaceT]) -> Halves[FaceT]:
    """Enrol the first half of the clips, of a single clip its first half, and of pictures every other one.

    Where the number is odd, the half that is enrolled has one more.
    """
    if len(clips) == 1:
        (clip,) = clips
        clips = (clip[: _half(clip)], clip[_half(clip) :])
    enrolled = (*clips[: _half(clips)], pictures[::2])
    tested = (*clips[_half(clips) :], pictures[1::2])
    return Halves(tuple(filter(len, enrolled)), tuple(filter(len, tested)))


def train_and_test_counts(faces: int, samples: int) -> tuple[int, int]:
    """Say how many of a person's faces train, at most `samples`, and how many test, at most half of that.

    Where there are fewer than one and a half times `samples`, two of three train.
    """
    train = min(samples, faces * 2 // 3)
    return train, min(samples // 2, faces - train)


def _half(sequence: Sequence[object]) -> int:
    return (len(sequence) + 1) // 2
