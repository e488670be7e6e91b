"""Tracks: which faces of consecutive frames are one face that stays in view.

A face continues the track whose last box overlaps it most. Time is capture time; no clock is read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from familiar.shared.contract.messages import Box

# Equal boxes with this IoU are half a face's width apart: nobody moves farther between two frames, and people side by
# side do not overlap at all. Detector jitter is small in comparison (docs/decisions/8-tracks.md has figures).
LEAST_OVERLAP = 0.3
# The detector loses a face that blinks or turns for some frames; within a second hardly anybody else takes its place.
MISSED_SECONDS = 1.0
# More than fit into a picture; bounds memory where flicker is detected as ever new faces.
MOST_TRACKS = 64


@dataclass(frozen=True)
class Track:
    """A face in view: the `face_id` of its first face, and where and when it was last seen."""

    track_id: str
    box: Box
    seen_at: datetime


def overlap(one: Box, other: Box) -> float:
    """Return the intersection over union (IoU) of two boxes, 0..1."""
    width = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
    height = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    return shared / (one.width * one.height + other.width * other.height - shared)


def match(tracks: Sequence[Track], faces: Sequence[Track]) -> tuple[Track, ...]:
    """Return the tracks after a frame: those of its faces, in their order, then those it missed.

    `tracks` are the ones before it; `faces` are the frame's, each as the track that it opens if it continues none.
    Idempotent: a redelivered frame finds the tracks that it left.
    """
    if not faces:
        return tuple(tracks)
    now = faces[0].seen_at
    # Absolute, as a clock that was set back ends a track, too.
    live = [track for track in tracks if abs((now - track.seen_at).total_seconds()) <= MISSED_SECONDS]
    matched = _match(live, faces)
    went_on = set(matched.values())
    return (
        *(
            Track(live[matched[index]].track_id, face.box, face.seen_at) if index in matched else face
            for index, face in enumerate(faces)
        ),
        *(track for place, track in enumerate(live) if place not in went_on),
    )[: max(MOST_TRACKS, len(faces))]


def _match(live: Sequence[Track], faces: Sequence[Track]) -> dict[int, int]:
    """Match faces to tracks one to one, greedily by overlap: from indices in `faces` to indices in `live`."""
    overlaps = [
        (overlap(face.box, track.box), index, place)
        for index, face in enumerate(faces)
        for place, track in enumerate(live)
    ]
    matched: dict[int, int] = {}
    for share, index, place in sorted(overlaps, key=lambda pair: pair[0], reverse=True):
        if share >= LEAST_OVERLAP and index not in matched and place not in matched.values():
            matched[index] = place
    return matched
