"""A face that is followed from frame to frame: where it was, how it moves, and whether it still is one."""

from dataclasses import dataclass, replace

from shared.detector import Square

# A face that blinks or turns is missed for some frames. One that was hardly seen may have been none.
MOST_MISSED = 15
MOST_MISSED_AT_FIRST = 5
FIRST_FRAMES = 2
# A quick look takes much for a face that stands where one was. Every few frames a thorough look has to agree, and
# what it refuses three times is given up.
CONFIRM_EVERY = 4
MOST_UNCONFIRMED = 3 * CONFIRM_EVERY

# Half old, half new: the detector's boxes tremble.
_NEW_SHARE = 0.5


@dataclass(frozen=True)
class FollowedFace:
    """A face as it was last seen. `velocity` is in pixels a frame, of its middle."""

    square: Square
    velocity: tuple[float, float] = (0.0, 0.0)
    frames: int = 1
    missed: int = 0
    unconfirmed: int = 0

    @property
    def expected(self) -> Square:
        """Where it should be in the next frame: as large as it was, moved on as before."""
        frames = self.missed + 1
        x, y, side = self.square
        return Square(x + self.velocity[0] * frames, y + self.velocity[1] * frames, side)

    @property
    def is_to_confirm(self) -> bool:
        """Tell whether a thorough look is due."""
        return self.unconfirmed + 1 >= CONFIRM_EVERY

    @property
    def is_gone(self) -> bool:
        """Tell whether it has not been seen, or not been confirmed, for too long."""
        most_missed = MOST_MISSED if self.frames > FIRST_FRAMES else MOST_MISSED_AT_FIRST
        return self.missed > most_missed or self.unconfirmed >= MOST_UNCONFIRMED

    def seen(self, square: Square, *, confirmed: bool) -> "FollowedFace":
        """Give the face after a frame in which it was found."""
        frames = self.missed + 1
        was, now = _middle(self.square), _middle(square)
        moved = ((now[0] - was[0]) / frames, (now[1] - was[1]) / frames)
        share = _NEW_SHARE if self.frames > 1 else 1.0
        velocity = tuple(old + (new - old) * share for old, new in zip(self.velocity, moved, strict=True))
        return FollowedFace(
            square,
            (velocity[0], velocity[1]),
            self.frames + 1,
            unconfirmed=0 if confirmed else self.unconfirmed + 1,
        )

    def found_again(self, square: Square) -> "FollowedFace":
        """Give the face after a frame in which a thorough look found it, after it had been called unseen."""
        return replace(self, missed=self.missed - 1).seen(square, confirmed=True)

    def unseen(self) -> "FollowedFace":
        """Give the face after a frame in which it was not found."""
        return replace(self, missed=self.missed + 1, unconfirmed=self.unconfirmed + 1)


def _middle(square: Square) -> tuple[float, float]:
    return square.x + square.side / 2, square.y + square.side / 2


def nested(one: Square, other: Square) -> float:
    """Give how much of the smaller of two squares lies in the larger, 0..1."""
    width = min(one.x + one.side, other.x + other.side) - max(one.x, other.x)
    height = min(one.y + one.side, other.y + other.side) - max(one.y, other.y)
    if width <= 0 or height <= 0:
        return 0.0
    return width * height / min(one.side, other.side) ** 2
