"""Strangers' faces from the store and from a folder, as a training reads them."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from familiar.services.capture.synthetic.drawing import draw
from familiar.services.capture.synthetic.looks import person
from familiar.services.trainer.data.read_strangers import read_strangers
from familiar.shared.contract.errors import StrangersUnavailable
from familiar.shared.stores.strangers import StrangerSource, StrangerStore
from familiar.shared.vision.detector import HaarDetector
from familiar.shared.vision.images import MODEL_INPUT_SIZE, cut_face, encode_jpeg
from tests.builders import crop, origin


def test_a_folder_gives_the_faces_of_its_pictures_and_passes_over_the_rest(tmp_path: Path) -> None:
    """A picture, one in a folder below, one without a face, a text that is called a picture, and another file."""
    pictures = tmp_path / "pictures"
    (pictures / "more").mkdir(parents=True)
    (pictures / "zoe.jpg").write_bytes(encode_jpeg(draw(person("zoe"), 1.0)))
    (pictures / "more" / "arjun.JPG").write_bytes(encode_jpeg(draw(person("arjun"), 1.0)))
    (pictures / "wall.png").write_bytes(cv2.imencode(".png", np.full((200, 300, 3), 90, np.uint8))[1].tobytes())
    (pictures / "broken.jpg").write_bytes(b"no picture")
    (pictures / "notes.txt").write_text("who is who")

    strangers = read_strangers(StrangerStore(tmp_path), pictures)

    assert (strangers.faces, strangers.passed_over) == ({"folder": 2}, 2)


def test_a_crop_in_the_folder_is_taken_as_it_is(tmp_path: Path) -> None:
    """It is not cut once more, which would leave half a face."""
    frame = draw(person("zoe"), 1.0)
    face = cut_face(frame, HaarDetector().detect(frame)[0])
    (tmp_path / "crop.png").write_bytes(cv2.imencode(".png", face)[1].tobytes())

    strangers = read_strangers(StrangerStore(tmp_path / "home"), tmp_path).images

    (found,) = [*strangers.train_images, *strangers.test_images]
    expected = cv2.cvtColor(cv2.resize(face, (MODEL_INPUT_SIZE, MODEL_INPUT_SIZE)), cv2.COLOR_BGR2RGB)
    assert np.abs(found.astype(int) - expected).mean() < 3


def test_faces_of_the_store_are_counted_by_source_and_marked_ones_teach(tmp_path: Path) -> None:
    """A damaged file among them is passed over."""
    store = StrangerStore(tmp_path)
    for grey in range(4):
        store.add(StrangerSource.FETCHED, crop(40 * grey), None)
    store.add(StrangerSource.FETCHED, b"damaged", None)
    store.add(StrangerSource.GIVEN, crop(190), None)
    store.add(StrangerSource.MARKED, crop(200), origin(1))

    strangers = read_strangers(store, None)

    assert (strangers.faces, strangers.passed_over) == ({"fetched": 4, "given": 1, "marked": 1}, 1)
    assert strangers.images.marked.sum() == 1


def test_without_any_there_is_nothing_and_no_error(tmp_path: Path) -> None:
    """A training goes on without strangers."""
    strangers = read_strangers(StrangerStore(tmp_path), None)

    assert (strangers.faces, strangers.passed_over) == ({}, 0)
    assert len(strangers.images.train_images) == 0


@pytest.mark.parametrize("name", ["missing", "empty"])
def test_a_folder_without_faces_says_what_to_do(tmp_path: Path, name: str) -> None:
    """Somebody meant it to be used: to go on without would hide that it was not."""
    (tmp_path / "empty").mkdir()

    with pytest.raises(StrangersUnavailable, match=f"{name}.*FAMILIAR_STRANGERS|FAMILIAR_STRANGERS.*{name}"):
        read_strangers(StrangerStore(tmp_path), tmp_path / name)


def test_a_picture_is_searched_once(tmp_path: Path) -> None:
    """What was found stands in a file of boxes; a box moved there moves the crop of the next training."""
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    (pictures / "zoe.jpg").write_bytes(encode_jpeg(draw(person("zoe"), 1.0)))
    (pictures / "wall.jpg").write_bytes(encode_jpeg(np.full((200, 300, 3), 90, np.uint8)))
    store = StrangerStore(tmp_path / "home")

    def faces() -> list[np.ndarray]:
        strangers = read_strangers(store, pictures).images
        return [*strangers.train_images, *strangers.test_images]

    (searched,) = faces()
    (remembered,) = faces()
    file = json.loads(store.detections_path.read_text())
    ((box,),) = (boxes for boxes in file["boxes"].values() if boxes)
    box["x"] += 60
    store.detections_path.write_text(json.dumps(file))
    (moved,) = faces()

    np.testing.assert_array_equal(searched, remembered)
    assert len(file["boxes"]) == 2
    assert np.abs(searched.astype(int) - moved).mean() > 3


def test_a_picture_that_left_the_folder_is_not_remembered(tmp_path: Path) -> None:
    """Nor is anything kept of a file of boxes that is damaged, or that another detector wrote."""
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for name in ("zoe", "arjun"):
        (pictures / f"{name}.jpg").write_bytes(encode_jpeg(draw(person(name), 1.0)))
    store = StrangerStore(tmp_path / "home")

    def remembered() -> int:
        assert read_strangers(store, pictures).faces == {"folder": len(list(pictures.iterdir()))}
        return len(json.loads(store.detections_path.read_text())["boxes"])

    assert remembered() == 2
    (pictures / "arjun.jpg").unlink()
    assert remembered() == 1
    store.detections_path.write_text("{")
    assert remembered() == 1
    store.detections_path.write_text('{"found_by": "another", "boxes": {"' + 64 * "0" + '": []}}')
    assert remembered() == 1
