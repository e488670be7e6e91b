"""Photographs from the command line: a real capture, a real Redis, and the extractor's part played by the test."""

from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
import redis

from familiar.cli.photo_camera import CaptureAddress, photo_camera
from familiar.cli.stack.local_stack import free_port
from familiar.services.capture.settings import CaptureSettings
from familiar.shared.access.token_store import TokenStore
from familiar.shared.contract.errors import CaptureUnavailable
from familiar.shared.contract.messages import Frame, Split
from familiar.shared.redis.cameras import camera_names
from familiar.shared.redis.enrolments import Targets, begin_enrolment
from familiar.shared.stores.samples import SampleStore
from familiar.shared.vision.images import BYTE_LIMIT, encode_jpeg
from tests.app_client import bearer
from tests.capturing import capturing
from tests.streams import entries

CAMERA = "photos-1"
FRAMES = f"frames:{CAMERA}"


def address_of(port: int, home: Path) -> CaptureAddress:
    """Give the address of a capture, with its owner's token."""
    return CaptureAddress(f"ws://127.0.0.1:{port}", bearer(TokenStore(home).owner_secret()))


def picture(path: Path, grey: int) -> Path:
    """Write a small picture."""
    path.write_bytes(encode_jpeg(np.full((48, 64, 3), grey, np.uint8)))
    return path


def test_photographs_become_frames_of_the_enrolment_and_refusals_say_why(
    client: redis.Redis, store: SampleStore, home: Path, tmp_path: Path
) -> None:
    """It waits until they are worked through; what is no picture stops none of the others."""
    torn, huge = tmp_path / "torn.jpg", tmp_path / "huge.jpg"
    torn.write_bytes(b"no picture")
    huge.write_bytes(bytes(BYTE_LIMIT + 1))
    pictures = [picture(tmp_path / "a.jpg", 10), torn, huge, tmp_path / "gone.jpg", picture(tmp_path / "b.jpg", 20)]
    seen: list[Frame] = []

    def work_through() -> None:
        for entry, fields in entries(client, FRAMES):
            seen.append(Frame.model_validate_json(fields[b"header"]))
            client.xdel(FRAMES, entry)

    port = free_port()
    begin_enrolment(client, store, CAMERA, "Zoe", Targets(2, 0, pause_seconds=0))
    with (
        capturing(client, CaptureSettings(home=home, camera_port=port)),
        photo_camera(address_of(port, home), CAMERA, client, work_through) as shown,
    ):
        refused = shown.show(pictures)
    assert camera_names(client) == []
    labels = [frame.enrolment for frame in seen]
    assert [label.split for label in labels if label] == [Split.TRAIN, Split.TRAIN]
    assert len(labels) == 2
    assert list(refused) == [torn, huge, tmp_path / "gone.jpg"]
    assert "JPEG, PNG or WebP" in refused[torn]
    assert "20 MB" in refused[huge]
    assert "No such file" in refused[tmp_path / "gone.jpg"]


def test_without_capture_it_is_said_what_to_start_and_what_to_set(client: redis.Redis) -> None:
    """Nothing listens there."""
    with (
        pytest.raises(CaptureUnavailable, match=r"familiar up.*FAMILIAR_CAPTURE_URL"),
        photo_camera(CaptureAddress(f"ws://127.0.0.1:{free_port()}"), CAMERA, client, lambda: None),
    ):
        pytest.fail("it cannot be open")


def test_a_capture_that_is_lost_on_the_way_is_said(client: redis.Redis, home: Path, tmp_path: Path) -> None:
    """The next picture cannot be sent."""
    port = free_port()
    one = picture(tmp_path / "a.jpg", 10)

    def lose_capture() -> None:
        with ExitStack() as capture:
            capture.enter_context(capturing(client, CaptureSettings(home=home, camera_port=port)))
            with photo_camera(address_of(port, home), CAMERA, client, lambda: client.delete(FRAMES)) as shown:
                shown.show([one])
                capture.close()
                shown.show([one, one])

    with pytest.raises(CaptureUnavailable, match="run the same command again"):
        lose_capture()
