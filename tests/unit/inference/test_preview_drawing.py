"""What is drawn into a preview."""

import numpy as np
import pytest

from familiar.services.inference.http.preview_drawing import BOX_COLOUR, LabelledBox, draw_faces
from familiar.shared.contract.messages import Box
from familiar.shared.vision.images import Image

GREY = 40


def plain(width: int = 640, height: int = 480) -> Image:
    """Give a grey picture."""
    return np.full((height, width, 3), GREY, np.uint8)


def test_a_face_gets_a_box_and_its_label_above() -> None:
    """What is inside the box stays as it was, and so does the picture that was given."""
    image = plain()
    drawn = draw_faces(image, [LabelledBox(Box(x=200, y=150, width=100, height=120), "karan")])
    assert all(tuple(drawn[y, x]) == BOX_COLOUR for x, y in [(200, 200), (300, 200), (250, 270)])
    assert (drawn[160:260, 210:290] == GREY).all()
    assert (drawn[125:148, 200:290] != GREY).any()
    assert (image == GREY).all()


def test_without_faces_the_picture_stays_as_it_was() -> None:
    """There is nothing to draw."""
    assert (draw_faces(plain(), []) == plain()).all()


@pytest.mark.parametrize("box", [Box(x=300, y=0, width=90, height=90), Box(x=-20, y=-30, width=90, height=90)])
def test_a_label_stays_inside_of_the_picture(box: Box) -> None:
    """A face at the upper edge has no room above it."""
    assert (draw_faces(plain(), [LabelledBox(box, "unknown")])[:25, max(box.x, 0) : box.x + 90] != GREY).any()


def test_a_wide_picture_gets_larger_letters() -> None:
    """It is shown smaller than it is."""
    box = LabelledBox(Box(x=600, y=400, width=200, height=200), "zoe-k")
    narrow, wide = (draw_faces(plain(width, 1080), [box]) for width in (900, 1920))
    assert (wide != GREY).sum() > (narrow != GREY).sum()
