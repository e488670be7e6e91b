"""Comparison of a detector with a search of every whole frame.

A box of that search is *found* if a box of the detector overlaps it by half (IoU). It is *held* if the search has a box
in its place in at least three of the eight frames around it: a momentary box is often no face. A box of a detector is
*alone* if neither the previous nor the next frame has one in its place; most false positives are, and few faces.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from familiar.services.extractor.tracks import overlap
from familiar.shared.contract.messages import Box

FOUND = 0.5
SAME_PLACE = 0.3
AROUND = 4
HELD_FRAMES = 3

Boxes = Sequence[Box]


@dataclass(frozen=True)
class Figures:
    """Counts of boxes over all frames of some videos; `faces` and `held` are those of the full search."""

    frames: int
    seconds: float
    faces: int
    found: int
    held: int
    held_found: int
    extra: int
    alone: int

    def described(self, notebook: "Figures") -> dict[str, float]:
        """Return milliseconds per frame, the speedup over the notebook's loop, and shares."""
        return {
            "frames": self.frames,
            "milliseconds": round(self.seconds / self.frames * 1000, 2),
            "speedup": round(notebook.seconds / self.seconds, 2),
            "faces": self.faces,
            "found": round(self.found / max(1, self.faces), 4),
            "held_found": round(self.held_found / max(1, self.held), 4),
            "extra": self.extra,
            "alone": self.alone,
        }


def compare(found: Sequence[Boxes], full: Sequence[Boxes], seconds: float) -> Figures:
    """Compare the boxes found in each frame with those of the full search."""
    faces = [(box, _is_held(box, full, frame), _any(box, found[frame], FOUND)) for frame, box in _numbered(full)]
    return Figures(
        frames=len(full),
        seconds=seconds,
        faces=len(faces),
        found=sum(is_found for _, _, is_found in faces),
        held=sum(held for _, held, _ in faces),
        held_found=sum(held and is_found for _, held, is_found in faces),
        extra=sum(not _any(box, full[frame], FOUND) for frame, box in _numbered(found)),
        alone=sum(_frames_with(box, found, frame, 1) == 0 for frame, box in _numbered(found)),
    )


def add_up(figures: Sequence[Figures]) -> Figures:
    """Return the sums of the counts of several videos."""
    return Figures(
        frames=sum(one.frames for one in figures),
        seconds=sum(one.seconds for one in figures),
        faces=sum(one.faces for one in figures),
        found=sum(one.found for one in figures),
        held=sum(one.held for one in figures),
        held_found=sum(one.held_found for one in figures),
        extra=sum(one.extra for one in figures),
        alone=sum(one.alone for one in figures),
    )


def _numbered(frames: Sequence[Boxes]) -> list[tuple[int, Box]]:
    return [(frame, box) for frame, boxes in enumerate(frames) for box in boxes]


def _is_held(box: Box, full: Sequence[Boxes], frame: int) -> bool:
    return _frames_with(box, full, frame, AROUND) >= HELD_FRAMES


def _frames_with(box: Box, frames: Sequence[Boxes], frame: int, reach: int) -> int:
    """Count the frames up to `reach` before and after that have a box in the same place."""
    around = range(max(0, frame - reach), min(len(frames), frame + reach + 1))
    return sum(_any(box, frames[other], SAME_PLACE) for other in around if other != frame)


def _any(box: Box, boxes: Boxes, least: float) -> bool:
    return any(overlap(box, other) >= least for other in boxes)
