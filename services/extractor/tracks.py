"""Tracks: which faces of consecutive frames are one face that stays in view.

A face goes on with the track whose last box overlaps its own most. Nothing here knows the time: it is when
frames were captured that counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from familiar.shared.contract.messages import Box

# Two equal boxes that overlap this much are half a face's width apart: farther nobody moves between two frames, and
# two people side by side do not overlap at all. What the detector adds by trembling is small beside it
# (docs/decisions/8-tracks.md has figures).
LEAST_OVERLAP = 0.3
# The detector misses a face that blinks or turns for some frames. Within a second another person hardly
# stands in the same place.
MISSED_SECONDS = 1.0
# More than fit into a picture. It bounds the memory where something flickers that is taken for ever new faces.
MOST_TRACKS = 64


@dataclass(frozen=True)
class Track:
    """One face in view: the `face_id` of its first face, and where and when it was last seen."""

    track_id: str
    box: Box
    seen_at: datetime


def overlap(one: Box, other: Box) -> float:
    """Give the intersection over union of two boxes, 0..1."""
    width = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
    height = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    return shared / (one.width * one.height + other.width * other.height - shared)


def match(tracks: Sequence[Track], faces: Sequence[Track]) -> tuple[Track, ...]:
    """Give the tracks after a frame: first those of its faces, in their order, then those that were missed.

    `tracks` are those before it. `faces` are the frame's, each as the track that it opens if it goes on with none. The
    same frame once more finds the tracks that it left, so it may be worked through twice.
    """
    if not faces:
        return tuple(tracks)
    now = faces[0].seen_at
    # A clock that was set back makes a track end, too.
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
    """Match faces to tracks one to one, the largest overlap first: from places in `faces` to places in `live`."""
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
