"""Requests that would cost more than they should: headers without an end, odd pictures, mosaics of faces."""

import socket
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from familiar.services.capture.synthetic.drawing import draw
from familiar.services.capture.synthetic.looks import person
from familiar.services.inference.http.limits.connections import HEADER_LIMIT
from familiar.services.inference.model.predict import predict_picture
from familiar.services.inference.model.predictor import load_predictor
from familiar.shared.stores.models import ModelStore
from familiar.shared.vision.detector import MOST_FACES, HaarDetector
from familiar.shared.vision.images import Image, cut_face, encode_jpeg, resize_square
from tests.app_client import Site
from tests.pictures import damaged_pictures
from tests.serving import Serving

MEGABYTES = 20
LINE = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n"
CHUNKED = (
    b"POST /v1/strangers HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\nContent-Type: image/png\r\n\r\n"
)


def connected(inference: Serving) -> socket.socket:
    """Open a connection."""
    url = inference.http.base_url
    return socket.create_connection((url.host, url.port or 0), timeout=30)


@pytest.mark.parametrize(
    ("before", "endless"),
    [
        (LINE + b"A: ", b"a"),
        (LINE, b"a"),
        (LINE, b"a: b\r\n"),
        (b"GET /", b"a"),
        (b"", b"\r\n"),
        (CHUNKED + b"1;", b"a"),
        (CHUNKED + b"0\r\n", b"a: b\r\n"),
        (CHUNKED + b"0\r\nA: ", b"a"),
        (CHUNKED, b"0"),
    ],
    ids=["value", "name", "headers", "path", "blank", "extension", "trailers", "trailer", "length"],
)
def test_what_goes_for_headers_and_has_no_end_ends_the_connection(
    inference: Serving, before: bytes, endless: bytes
) -> None:
    """Before it is all sent; who asks meanwhile is answered."""
    with connected(inference) as connection, suppress(ConnectionError):
        connection.sendall(before)
        for _ in range(MEGABYTES):
            connection.sendall(endless * (1_000_000 // len(endless)))
        while connection.recv(65_536):
            assert inference.http.get("/healthz").is_success
        return
    assert inference.http.get("/healthz").is_success


def test_headers_that_are_too_large_are_a_problem(inference: Serving) -> None:
    """Where there is nobody to be answered yet."""
    with connected(inference) as connection:
        connection.sendall(LINE + b"A: ")
        connection.sendall(b"a" * (HEADER_LIMIT + 1))
        answer = b"".join(iter(lambda: connection.recv(4096), b""))
    assert answer.startswith(b"HTTP/1.1 431 ")
    assert b"application/problem+json" in answer
    assert b"headers-too-large" in answer


def test_large_bodies_and_many_requests_on_a_connection_are_no_headers(inference: Serving) -> None:
    """What counts is what brings nothing."""
    for _ in range(20):
        answer = inference.http.post("/v1/strangers", content=iter([b"x" * 100_000] * 5), headers={"a": "b" * 8000})
        assert answer.status_code == 415


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(damaged_pictures())
def test_any_picture_is_answered_or_refused_by_name(site: Site, picture: bytes) -> None:
    """No answer is an internal error."""
    answer = site.ask("POST", "/v1/strangers", content=picture, headers={"content-type": "image/jpeg"})
    if answer.status_code != 200:
        assert (answer.status_code, answer.json()["code"]) in {(413, "image-too-large"), (422, "unreadable-image")}


@pytest.fixture(scope="module")
def mosaic() -> Image:
    """Give a picture of more faces than anybody counts, in it a larger one."""
    frame = draw(person("zoe"), 5)
    (box,) = HaarDetector().detect(frame)
    face = cut_face(frame, box)
    image = np.tile(resize_square(face, 64), (14, 22, 1))
    image[128:256, 128:256] = resize_square(face, 128)
    assert len(HaarDetector().detect(image)) > MOST_FACES
    return image


def test_of_a_mosaic_the_largest_faces_are_named(colours: ModelStore, mosaic: Image) -> None:
    """So many, and no more."""
    answer = predict_picture(encode_jpeg(mosaic), HaarDetector(), load_predictor(colours, 1))
    widths = [face.box.width for face in answer.faces]
    assert len(widths) == MOST_FACES
    assert widths == sorted(widths, reverse=True)


def test_of_a_mosaic_the_largest_faces_are_stored(site: Site, mosaic: Image) -> None:
    """Each is a file."""
    answer = site.ask(
        "POST", "/v1/strangers", content=encode_jpeg(mosaic), headers={"content-type": "image/jpeg"}
    ).json()
    assert answer["faces"] == MOST_FACES
