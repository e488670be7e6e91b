"""What people send by mistake: each gets a sentence that says what to do, and Familiar goes on."""

import struct
import zlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from rq import Queue
from rq.job import Job, JobStatus

from familiar.shared.vision.images import encode_jpeg

if TYPE_CHECKING:
    from tests.e2e.conftest import Running

JPEG = "image/jpeg"


def png_of_100_megapixels() -> bytes:
    """Give a PNG whose header claims 10,000 by 10,000 pixels."""
    header = b"IHDR" + struct.pack(">IIBBBBB", 10_000, 10_000, 8, 2, 0, 0, 0)
    data = b"IDAT"
    return b"".join(
        [
            b"\x89PNG\r\n\x1a\n",
            struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header)),
            struct.pack(">I", 0) + data + struct.pack(">I", zlib.crc32(data)),
        ]
    )


@pytest.mark.parametrize(
    ("body", "media_type", "status", "says"),
    [
        pytest.param(b"", JPEG, 422, "zero bytes", id="zero bytes"),
        pytest.param(b"Dear Familiar, who am I?", JPEG, 422, "Send a JPEG, PNG or WebP", id="text file"),
        pytest.param(encode_jpeg(np.zeros((480, 640, 3), np.uint8))[:200], JPEG, 422, "Send", id="broken JPEG"),
        pytest.param(png_of_100_megapixels(), "image/png", 413, "100 megapixels", id="100-megapixel header"),
        pytest.param(b"x" * 21_000_000, JPEG, 413, "20 MB", id="21 MB"),
        pytest.param(b"who?", "text/plain", 415, "image/jpeg", id="wrong content type"),
    ],
)
def test_a_picture_that_is_none_is_refused_with_what_to_do(
    taught: "Running", body: bytes, media_type: str, status: int, says: str
) -> None:
    """The answer is a problem document with a sentence; the next picture is answered as ever."""
    answer = taught.http.post("/v1/predictions", content=body, headers={"Content-Type": media_type})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert says in answer.json()["detail"]
    assert "Traceback" not in answer.text


def test_a_multipart_body_without_the_field_is_refused(taught: "Running", picture_of_karan: bytes) -> None:
    """The sentence names the field."""
    answer = taught.http.post("/v1/predictions", files={"photo": picture_of_karan})
    assert answer.status_code == 422
    assert "`image`" in answer.json()["detail"]


def test_a_picture_without_a_face_has_no_faces(taught: "Running") -> None:
    """That is an answer, and no error."""
    answer = taught.http.post("/v1/predictions", files={"image": encode_jpeg(np.full((480, 640, 3), 90, np.uint8))})
    assert answer.status_code == 200
    assert answer.json()["faces"] == []


def test_a_known_face_gets_its_name_over_http(taught: "Running", picture_of_karan: bytes) -> None:
    """The same service that refuses bad pictures names good ones."""
    (face,) = taught.http.post("/v1/predictions", files={"image": picture_of_karan}).json()["faces"]
    assert face["candidates"][0]["person"] == "karan"
    assert face["person"] in ("karan", None)
    assert (face["reason"] is None) == (face["person"] is not None)


@pytest.mark.parametrize("name", ["../x", "", "x" * 65, "\x00", "?!"])
def test_a_name_that_cannot_be_one_is_refused(taught: "Running", name: str) -> None:
    """Nothing is written for it."""
    before = taught.samples.people()
    answer = taught.http.post("/v1/enrolments", json={"camera": "karan", "name": name})
    assert answer.status_code == 422
    assert answer.json()["type"] == "urn:familiar:invalid-name"
    assert taught.samples.people() == before


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("enrol", "../x", "--camera", "karan"), "slash"),
        (("enrol", "Zoe", "--camera", "nowhere"), "Cameras running now: arjun, karan"),
        (("enrol", "Zoe"), "--camera"),
        (("models", "show", "99"), "no model version 99"),
        (("forget", "nobody", "--yes"), "Nobody is enrolled"),
        (("train", "--base-width", "0.3"), "0.25, 0.5, 0.75, 1.0"),
    ],
)
def test_the_command_line_says_what_is_wrong_in_a_sentence(
    taught: "Running", arguments: tuple[str, ...], says: str
) -> None:
    """Exit status 1, the sentence on standard error, and no traceback."""
    run = taught.familiar(*arguments)
    assert run.returncode == 1
    assert says in " ".join(run.stderr.split())
    assert "Traceback" not in run.stderr


def test_a_video_that_does_not_decode_is_named_and_the_other_camera_runs(
    start_stack: Callable[..., AbstractContextManager["Running"]], tmp_path: Path
) -> None:
    """The broken camera fails with a sentence, and is tried again; the good one publishes."""
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"this is no video")
    with start_stack(tmp_path / "home", f"broken={broken} good=synthetic:karan") as stack:
        stack.wait_for("the good camera", lambda: _camera(stack, "good").get("published", 0) > 5)
        stack.wait_for("the broken camera", lambda: "does not decode" in (_camera(stack, "broken").get("detail") or ""))
        assert _camera(stack, "broken")["state"] == "failing"


def test_training_one_person_is_refused_by_name(
    start_stack: Callable[..., AbstractContextManager["Running"]], tmp_path: Path
) -> None:
    """Fewer than two people: the command says so, and nothing is published."""
    with start_stack(tmp_path / "home") as stack:
        stack.samples.register("Karan")
        run = stack.familiar("train")
        assert run.returncode == 1
        assert "at least two people" in " ".join(run.stderr.split())
        stack.samples.register("Arjun")
        run = stack.familiar("train")
        assert "0 samples" in " ".join(run.stderr.split())
        assert stack.models.current() is None
        assert stack.http.get("/readyz").status_code == 503


def test_the_training_queue_runs_nothing_but_trainings(taught: "Running", tmp_path: Path) -> None:
    """Whoever can write to Redis may name any function of Python; the worker calls none but its own."""
    mark = tmp_path / "called"
    queue = Queue("training", connection=taught.client, serializer="json")
    for job in (queue.enqueue("os.mkdir", str(mark)), queue.enqueue("builtins.open", str(mark), "w")):
        taught.wait_for("the refusal", partial(_is_refused, job))
    assert not mark.exists()


def _is_refused(job: Job) -> bool:
    return job.get_status() == JobStatus.FAILED


def _camera(stack: "Running", name: str) -> dict[str, Any]:
    return next((camera for camera in stack.http.get("/v1/cameras").json() if camera["camera"] == name), {})
