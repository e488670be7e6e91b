"""Looks of a drawn person, derived from their name.

Lengths are in head units: 1 is half the height of the head. Colours are BGR.
"""

import hashlib
from dataclasses import dataclass

import numpy as np

Colour = tuple[int, int, int]

SKINS = ((200, 216, 244), (164, 192, 232), (140, 172, 214), (116, 152, 200), (98, 132, 180), (86, 116, 162))
HAIRS = ((52, 52, 58), (50, 62, 84), (84, 124, 164), (104, 172, 214), (48, 46, 46), (52, 82, 158),
         (58, 84, 120), (168, 168, 164))  # fmt: skip
IRISES = ((40, 70, 110), (150, 110, 60), (80, 130, 80), (60, 50, 50), (130, 130, 120))
LIPS = ((110, 110, 190), (90, 84, 160), (120, 96, 204), (84, 96, 150))
SHIRTS = ((150, 90, 50), (70, 120, 70), (60, 60, 170), (60, 150, 200), (140, 140, 140), (130, 70, 120), (150, 140, 60))
WALLS = ((190, 200, 205), (196, 182, 160), (170, 195, 176), (165, 180, 208), (196, 176, 190), (150, 160, 165))
ARC = np.linspace(np.pi * 0.95, np.pi * 2.05, 12)
# Each style: how far the hair stands off the head, hairline height, tilt and arch, then the ovals
# of hair behind the head.
STYLES = {
    "crop": (0.06, -0.62, 0.00, 0.40, ()),
    "side": (0.11, -0.66, 0.10, 0.40, ()),
    "long": (0.10, -0.74, 0.00, 1.00, ((0, 0.45, 1.02, 1.35),)),
    "bob": (0.12, -0.56, 0.00, 0.30, ((0, 0.05, 1.06, 0.95),)),
    "bun": (0.05, -0.74, 0.00, 0.80, ((0, -1.18, 0.34, 0.32),)),
    "curls": (0.12, -0.64, 0.00, 0.50, tuple((0.88 * np.cos(a), np.sin(a) - 0.05, 0.27, 0.27) for a in ARC)),
}


@dataclass(frozen=True)
class Person:
    """Looks of a drawn person; colours are BGR, lengths are in head units."""

    name: str
    skin: Colour
    hair: Colour
    iris: Colour
    lips: Colour
    shirt: Colour
    wall: Colour
    style: str
    glasses: bool
    stripes: int
    face_width: float
    squareness: float
    jaw: float
    eye_gap: float
    eye_size: float
    brow_weight: float
    brow_slant: float
    nose_width: float
    nose_length: float
    mouth_width: float
    mouth_fullness: float
    smile: float
    phase: float


def person(name: str) -> Person:
    """Return the person of this name; the same name always gives the same looks."""
    random = np.random.default_rng(list(hashlib.sha256(name.encode()).digest()))
    skin, hair, iris, lips, shirt, wall = (
        palette[random.integers(len(palette))] for palette in (SKINS, HAIRS, IRISES, LIPS, SHIRTS, WALLS)
    )
    return Person(
        name, skin, hair, iris, lips, shirt, wall,
        style=list(STYLES)[random.integers(len(STYLES))],
        glasses=bool(random.random() < 0.3), stripes=int(random.integers(4)),
        face_width=random.uniform(0.72, 0.84), squareness=random.uniform(0.0, 0.25), jaw=random.uniform(0.05, 0.25),
        eye_gap=random.uniform(0.31, 0.38), eye_size=random.uniform(0.125, 0.165),
        brow_weight=random.uniform(0.025, 0.06), brow_slant=random.uniform(-0.06, 0.06),
        nose_width=random.uniform(0.10, 0.18), nose_length=random.uniform(0.24, 0.36),
        mouth_width=random.uniform(0.22, 0.34), mouth_fullness=random.uniform(0.04, 0.085),
        smile=random.uniform(-0.02, 0.10), phase=random.uniform(0.0, 1000.0),
    )  # fmt: skip
