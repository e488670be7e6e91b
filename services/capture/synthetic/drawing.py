"""Draw a person for the synthetic camera: a face that moves, talks and blinks in changing light.

Shapes are laid out in head units: the origin is the middle of the head, x points to the right of
the picture, y points down, and 1 is half the height of the head.
"""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from familiar.services.capture.synthetic.looks import STYLES, Colour, Person
from familiar.shared.vision.images import Image

Points = NDArray[np.float64]

ACROSS = np.linspace(-1, 1, 13)
TURNS = np.linspace(0, 2 * np.pi, 40, endpoint=False)
CIRCLE = np.column_stack([np.cos(TURNS), np.sin(TURNS)])
# Relief of a face under a lamp overhead: x, y, half width, half height and gain of each soft patch.
RELIEF = np.array([
    (-0.36, -0.10, 0.20, 0.13, -0.36), (0.36, -0.10, 0.20, 0.13, -0.36), (0, -0.45, 0.40, 0.20, 0.16),
    (0, 0.02, 0.08, 0.24, 0.30), (-0.16, 0.22, 0.08, 0.16, -0.10), (0.16, 0.22, 0.08, 0.16, -0.10),
    (-0.42, 0.25, 0.18, 0.16, 0.14), (0.42, 0.25, 0.18, 0.16, 0.14), (0, 0.76, 0.20, 0.06, -0.12),
    (0, 1.16, 0.55, 0.16, -0.30),
])  # fmt: skip


@dataclass(frozen=True)
class Pose:
    """One moment: head centre and size in pixels, roll and turn in radians, the rest about 0 to 1."""

    x: float
    y: float
    size: float
    roll: float
    turn: float
    nod: float
    lids: float
    talk: float
    side_light: float
    brightness: float
    warmth: float


def draw(person: Person, seconds: float, width: int = 640, height: int = 480) -> Image:
    """Return the BGR frame, uint8 of shape (height, width, 3), of this person at this time."""
    pose = _pose(person.phase + seconds, width, height)
    frame = _room(person, width, height).copy()
    canvas = _Canvas(frame, pose, person.face_width)
    _draw_head(canvas, person)
    _draw_eyes(canvas, person)
    _draw_nose_and_mouth(canvas, person)
    _draw_hair(canvas, person)
    soft = cv2.GaussianBlur(frame, (7, 7), 0)
    lit = cv2.multiply(soft, _light(person, pose, width, height), scale=1 / 128)
    # Shifting one cached noise field is far faster than drawing noise for each frame.
    top, left = (int(abs(seconds) * 1000) * step % 64 for step in (37, 23))
    grain = _grain(width, height)[top : top + height, left : left + width]
    return np.asarray(cv2.add(lit, grain, dtype=cv2.CV_8U), dtype=np.uint8)


def _pose(time: float, width: int, height: int) -> Pose:
    def wave(*periods: float) -> float:
        return float(np.mean([np.sin(2 * np.pi * time / period + period) for period in periods]))

    return Pose(
        x=width * (0.5 + 0.10 * wave(13.7, 5.9)),
        y=height * (0.50 + 0.035 * wave(11.3, 4.3)),
        size=height * (0.262 + 0.035 * wave(19.1, 7.7)),
        roll=0.10 * wave(8.9, 3.7),
        turn=0.25 * wave(6.1, 2.3),
        nod=0.06 * wave(7.1, 2.9),
        lids=min(1.0, abs((time % 3.3) - 0.15) / 0.15),
        talk=max(0.0, 0.3 + 0.7 * wave(5.3, 17.0)) * abs(np.sin(time * 7.3)) + 0.08,
        side_light=wave(9.7, 3.1),
        brightness=1.0 + 0.20 * wave(23.0, 5.1),
        warmth=0.10 * wave(29.0, 8.3),
    )


class _Canvas:
    """A frame to paint on in head units, through one pose."""

    def __init__(self, frame: Image, pose: Pose, face_width: float) -> None:
        self.frame, self.pose, self.face_width = frame, pose, face_width

    def fill(self, points: Points, colour: Colour) -> None:
        """Fill the outline, of shape (points, 2), in the plane of the picture."""
        cv2.fillPoly(self.frame, [self._pixels(points)], colour, cv2.LINE_AA, shift=4)

    def on_face(self, points: Points, colour: Colour) -> None:
        """Fill the outline on the front of the head, which turns and nods."""
        self.fill(_turned(points, self.pose, self.face_width), colour)

    def line_on_face(self, points: Points, colour: Colour, weight: float) -> None:
        """Stroke the open curve on the front of the head, weight in head units."""
        pixels = self._pixels(_turned(points, self.pose, self.face_width))
        cv2.polylines(
            self.frame,
            [pixels],
            isClosed=False,
            color=colour,
            lineType=cv2.LINE_AA,
            shift=4,
            thickness=max(1, round(weight * self.pose.size)),
        )

    def _pixels(self, points: Points) -> NDArray[np.int32]:
        cos, sin = np.cos(self.pose.roll), np.sin(self.pose.roll)
        rolled = points @ np.array([[cos, sin], [-sin, cos]]) * self.pose.size
        return np.asarray(np.rint((rolled + np.array([self.pose.x, self.pose.y])) * 16), dtype=np.int32)


def _turned(points: Points, pose: Pose, face_width: float) -> Points:
    """Project points of the face onto a cylinder of the head's width, turned and nodded by the pose."""
    around = np.arcsin(np.clip(points[:, 0] / face_width, -1, 1)) + pose.turn
    around = np.clip(around, -np.pi / 2, np.pi / 2)
    return np.column_stack([face_width * np.sin(around), points[:, 1] + pose.nod])


def _oval(x: float, y: float, half_width: float, half_height: float, squareness: float = 0.0) -> Points:
    wide = np.sign(CIRCLE[:, 0]) * np.abs(CIRCLE[:, 0]) ** (1 - squareness)
    return np.column_stack([x + half_width * wide, y + half_height * CIRCLE[:, 1]])


def _curve(x: float, y: float, half_width: float, rise: float, slant: float = 0.0) -> Points:
    return np.column_stack([x + half_width * ACROSS, y + slant * ACROSS - rise * (1 - ACROSS**2)])


def _shade(colour: Colour, gain: float, lift: float = 0.0) -> Colour:
    blue, green, red = (min(255, int(channel * gain + lift)) for channel in colour)
    return blue, green, red


def _draw_head(canvas: _Canvas, person: Person) -> None:
    wide = person.face_width
    for x, y, half_width, half_height in STYLES[person.style][4]:
        canvas.fill(_oval(x, y, half_width, half_height), _shade(person.hair, 0.85))
    canvas.fill(_oval(0, 2.45, 1.75, 1.15, 0.3), person.shirt)
    canvas.fill(_oval(0, 1.05, 0.40, 0.55, 0.5), _shade(person.skin, 0.85))
    for side in (-1, 1):
        canvas.fill(_oval(side * wide, 0.02, 0.10, 0.20), _shade(person.skin, 0.88))
    outline = _oval(0, 0, wide, 1.0, person.squareness)
    outline[:, 0] *= 1 - person.jaw * np.clip(outline[:, 1], 0, 1)
    canvas.fill(outline, person.skin)


def _draw_eyes(canvas: _Canvas, person: Person) -> None:
    size, lash = person.eye_size, _shade(person.skin, 0.35)
    tall = size * (0.12 + 0.48 * canvas.pose.lids)
    for side in (-1, 1):
        x = side * person.eye_gap
        canvas.on_face(_oval(x, -0.09, size * 1.25, size * 0.85), _shade(person.skin, 0.8))
        canvas.on_face(_oval(x, -0.08, size, tall), _shade(person.skin, 0.5, 110))
        gaze = x + 0.25 * size * np.sin(canvas.pose.turn * 5)
        canvas.on_face(_oval(gaze, -0.08, size * 0.5, min(tall, size * 0.5)), person.iris)
        canvas.on_face(_oval(gaze, -0.08, size * 0.25, min(tall, size * 0.25)), (20, 20, 20))
        canvas.line_on_face(_curve(x, -0.08, size * 1.05, tall), lash, 0.035)
        brow = _curve(x, -0.30, size * 1.5, 0.05, person.brow_slant * side)
        canvas.line_on_face(brow, _shade(person.hair, 0.7), person.brow_weight * 2)
        if person.glasses:
            rim = _oval(x, -0.06, 0.25, 0.20, 0.3)
            canvas.line_on_face(np.vstack([rim, rim[:1]]), _shade(person.skin, 0.5), 0.02)
    if person.glasses:
        canvas.line_on_face(_curve(0, -0.08, person.eye_gap - 0.25, 0.03), _shade(person.skin, 0.5), 0.02)


def _draw_nose_and_mouth(canvas: _Canvas, person: Person) -> None:
    tip, wide = person.nose_length, person.nose_width
    canvas.on_face(_oval(0, tip, wide, 0.075), _shade(person.skin, 0.84))
    canvas.on_face(_oval(0, tip - 0.04, wide * 0.75, 0.07), _shade(person.skin, 1.06))
    for side in (-1, 1):
        canvas.on_face(_oval(side * wide * 0.55, tip + 0.035, 0.035, 0.02), _shade(person.skin, 0.4))
    middle = tip + 0.30
    gap = 0.10 * canvas.pose.talk
    reach = person.mouth_width * (1 - 0.15 * canvas.pose.talk)
    full = person.mouth_fullness

    def lips(above: float, below: float, half_width: float) -> Points:
        upper = _curve(0, middle - person.smile / 2, half_width, above - person.smile)
        lower = _curve(0, middle - person.smile / 2, half_width, -below - person.smile)
        return np.vstack([upper, lower[::-1]])

    canvas.on_face(lips(full, full * 1.3 + gap, reach), person.lips)
    canvas.on_face(lips(0.012, 0.012 + gap, reach * 0.9), (40, 30, 60))
    if gap > 0.04:
        canvas.on_face(lips(0.0, gap * 0.35, reach * 0.7), (215, 222, 226))


def _draw_hair(canvas: _Canvas, person: Person) -> None:
    volume, height, tilt, arch, _ = STYLES[person.style]
    crown = _oval(0, 0, person.face_width + volume, 1 + volume, person.squareness)
    x = crown[:, 0] - 0.3 * canvas.pose.turn
    crown[:, 1] = np.minimum(crown[:, 1], height + tilt * x + arch * x**2)
    canvas.fill(crown, person.hair)


def _light(person: Person, pose: Pose, width: int, height: int) -> Image:
    """Return the gain of every pixel, uint8 of shape (height, width, 3), where 128 leaves it as it is."""
    # Light is smooth, so an eighth of the resolution suffices.
    y, x = np.mgrid[0:height:8, 0:width:8].astype(np.float32) + 3.5
    x, y = (x - pose.x) / pose.size, (y - pose.y) / pose.size
    cos, sin = float(np.cos(pose.roll)), float(np.sin(pose.roll))
    x, y = x * cos + y * sin, y * cos - x * sin
    gain = np.ones_like(x)
    for (at_x, at_y), (half_width, half_height, amount) in zip(
        _turned(RELIEF[:, :2], pose, person.face_width).tolist(), RELIEF[:, 2:].tolist(), strict=True
    ):
        gain += amount * np.exp(-(((x - at_x) / half_width) ** 2) - ((y - at_y) / half_height) ** 2)
    near = np.exp(-(x**2 + y**2) / 4)
    gain *= 1 + pose.side_light * (0.21 * np.tanh(1.4 * x) * near + 0.06 * x) - 0.08 * np.tanh(y)
    tint = 128 * pose.brightness * np.array([1 - pose.warmth, 1.0, 1 + pose.warmth], np.float32)
    small = np.clip(gain[..., None] * tint, 0, 255).astype(np.uint8)
    return np.asarray(cv2.resize(small, (width, height)), dtype=np.uint8)


@lru_cache(maxsize=8)
def _room(person: Person, width: int, height: int) -> Image:
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : width / height : width * 1j]
    patterns = (0 * x, np.sin(x * 40), np.sin(y * 30), np.sin(x * 24) * np.sin(y * 24))
    gain = 0.95 - 0.25 * y + 0.03 * patterns[person.stripes]
    return np.asarray(gain[..., None] * np.array(person.wall), dtype=np.uint8)


@lru_cache(maxsize=4)
def _grain(width: int, height: int) -> NDArray[np.int8]:
    random = np.random.default_rng(0)
    return np.rint(random.normal(0, 4, (height + 64, width + 64, 3))).astype(np.int8)
