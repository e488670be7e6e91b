"""Faces of strangers over HTTP: counted, added from pictures, shown, and taken away."""

import errno
from pathlib import Path

import httpx
import numpy as np
import pytest

from familiar.services.capture.synthetic.drawing import draw
from familiar.services.capture.synthetic.looks import person
from familiar.shared.contract.messages import Box
from familiar.shared.stores.strangers import StrangerSource, StrangerStore
from familiar.shared.vision.images import CROP_SIZE_LIMIT, cut_face, decode_image, encode_jpeg
from tests.app_client import Site

NOBODY = {"fetched": 0, "given": 0, "marked": 0}


@pytest.fixture
def strangers(home: Path) -> StrangerStore:
    """Give the store that the site shows."""
    return StrangerStore(home)


@pytest.fixture(scope="module")
def two_people() -> bytes:
    """Give a photograph of two drawn people side by side."""
    return encode_jpeg(np.hstack([draw(person(name), 100.0) for name in ("mia", "noah")]))


def send(site: Site, picture: bytes) -> httpx.Response:
    """Send a picture of strangers."""
    return site.ask("POST", "/v1/strangers", content=picture, headers={"content-type": "image/jpeg"})


def test_strangers_are_counted_by_where_they_came_from(site: Site, strangers: StrangerStore) -> None:
    """At first there are none."""
    assert site.ask("GET", "/v1/strangers").json() == NOBODY
    strangers.add(StrangerSource.MARKED, b"a crop", None)
    assert site.ask("GET", "/v1/strangers").json() == {**NOBODY, "marked": 1}


def test_every_face_of_a_picture_is_kept_once(site: Site, two_people: bytes, strangers: StrangerStore) -> None:
    """Cut as samples are; the same picture again adds nothing, and says so."""
    assert send(site, two_people).json() == {"faces": 2, "stored": 2}
    assert send(site, two_people).json() == {"faces": 2, "stored": 0}
    assert site.ask("GET", "/v1/strangers").json() == {**NOBODY, "given": 2}
    for face in strangers.faces():
        height, width = decode_image(face.jpeg).shape[:2]
        assert height == width <= CROP_SIZE_LIMIT


def test_a_picture_in_a_form_is_taken_too(site: Site, two_people: bytes) -> None:
    """As everywhere, in the field `image`."""
    answer = site.ask("POST", "/v1/strangers", files={"image": ("party.jpg", two_people, "image/jpeg")})
    assert answer.json() == {"faces": 2, "stored": 2}


def test_a_picture_that_is_a_crop_is_kept_whole(site: Site, strangers: StrangerStore) -> None:
    """Cut once more it would lack what surrounds the face."""
    drawn = draw(person("mia"), 100.0)
    height, width = drawn.shape[:2]
    crop = cut_face(drawn, Box(x=width // 2 - 140, y=height // 2 - 140, width=280, height=280))
    assert send(site, encode_jpeg(crop)).json() == {"faces": 1, "stored": 1}
    (face,) = strangers.faces()
    assert decode_image(face.jpeg).shape == crop.shape
    assert np.abs(decode_image(face.jpeg).astype(int) - crop).mean() < 5


def test_a_picture_without_a_face_adds_none(site: Site) -> None:
    """That is an answer, and no error."""
    assert send(site, encode_jpeg(np.full((480, 640, 3), 128, np.uint8))).json() == {"faces": 0, "stored": 0}


def test_what_is_no_picture_is_refused(site: Site) -> None:
    """With what to do."""
    answer = send(site, b"no picture")
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:familiar:unreadable-image")
    assert site.ask("GET", "/v1/strangers").json() == NOBODY


def test_a_full_disk_is_named(site: Site, two_people: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence says to make room."""

    def refuse(*_arguments: object) -> bool:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(StrangerStore, "add", refuse)
    answer = send(site, two_people)
    assert (answer.status_code, answer.json()["type"]) == (507, "urn:familiar:disk-full")
    assert "Make room" in answer.json()["detail"]


def test_another_trouble_of_the_disk_is_a_failure_of_ours(
    site: Site, two_people: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whose reason stands in the log, and not in the answer."""

    def refuse(*_arguments: object) -> bool:
        raise OSError(errno.EIO, "secret")

    monkeypatch.setattr(StrangerStore, "add", refuse)
    answer = send(site, two_people)
    assert (answer.status_code, answer.json()["type"]) == (500, "urn:familiar:internal-error")
    assert "secret" not in answer.text


def test_a_face_is_listed_shown_and_deleted(site: Site, two_people: bytes, strangers: StrangerStore) -> None:
    """Kept by no browser; a second time there is none."""
    send(site, two_people)
    gone, stays = site.ask("GET", "/v1/strangers/given").json()
    shown = site.ask("GET", f"/v1/strangers/given/{gone}")
    assert shown.content == strangers.faces()[0].jpeg
    assert (shown.headers["content-type"], shown.headers["cache-control"]) == ("image/jpeg", "no-store")
    assert site.ask("DELETE", f"/v1/strangers/given/{gone}").status_code == 204
    assert site.ask("GET", "/v1/strangers/given").json() == [stays]
    for method in ("GET", "DELETE"):
        answer = site.ask(method, f"/v1/strangers/given/{gone}")
        assert (answer.status_code, answer.json()["type"]) == (404, "urn:familiar:unknown-stranger")


@pytest.mark.parametrize("path", ["given/nothing", "given/%2e%2e", "given/..%2fdetections", "given/*", "people/x", "x"])
def test_what_names_no_face_finds_none(site: Site, two_people: bytes, path: str) -> None:
    """No path leads out of the folder, and nothing is deleted."""
    send(site, two_people)
    for method in ("GET", "DELETE"):
        assert site.ask(method, f"/v1/strangers/{path}").status_code in {404, 405, 422}
    assert len(site.ask("GET", "/v1/strangers/given").json()) == 2
