"""An extractor on a real Redis and a real disk: what comes of frames."""

import time
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest
import redis

from familiar.services.capture.capture import FrameOrigin, make_frame
from familiar.services.capture.synthetic.drawing import draw
from familiar.services.capture.synthetic.looks import person
from familiar.services.extractor.camera_leases import RENEW_SECONDS
from familiar.services.extractor.detectors import Detectors
from familiar.services.extractor.extract import SampleRules
from familiar.services.extractor.frame_worker import FACES_KEPT, FrameWorker
from familiar.shared.contract.messages import Face, Frame
from familiar.shared.redis.cameras import Camera, CameraState, announce_camera
from familiar.shared.redis.stream import Consumer, dropped_counts, publish
from familiar.shared.stores.samples import SampleStore
from familiar.shared.vision.images import Image, decode_image
from tests.streams import entries, fields_of, pending

STARTED_AT = datetime(2026, 11, 23, 9, 0, 0, tzinfo=UTC)
DEADLINE_SECONDS = 8.0
FRAMES = "frames:door"


def publish_image(client: redis.Redis, image: Image, sequence: int, *, live: bool = True) -> Frame:
    """Publish an image of the door's camera as its frame of this number."""
    frame, jpeg = make_frame(image, FrameOrigin("door", STARTED_AT, sequence), None, live=live)
    publish(client, FRAMES, frame, jpeg)
    return frame


def zoe(seconds: float) -> Image:
    """Draw Zoe at this moment."""
    return draw(person("zoe"), seconds)


def faces(client: redis.Redis) -> list[tuple[Face, bytes]]:
    """Read what was published of faces, with the crops."""
    return [(Face.model_validate_json(fields[b"header"]), fields[b"payload"]) for fields in fields_of(client, "faces")]


def frame_ids(client: redis.Redis) -> list[str]:
    """Tell of which frames faces were published."""
    return [face.frame_id for face, _ in faces(client)]


@pytest.fixture
def worker(client: redis.Redis, home: Path) -> FrameWorker:
    """Give an extractor, and a camera at the door."""
    announce_camera(client, Camera(camera="door", source="0", state=CameraState.RUNNING))
    return FrameWorker(client, "one", SampleStore(home), SampleRules(80, 150), Detectors(None))


def test_the_face_of_a_frame_is_published_with_its_crop(client: redis.Redis, worker: FrameWorker) -> None:
    """With all that inference has to know of the frame; the frame itself is gone."""
    frame = publish_image(client, zoe(5), 0)
    worker.step()
    ((face, crop),) = faces(client)
    assert face.face_id == f"{frame.frame_id}-0"
    assert (face.frame_id, face.camera, face.captured_at) == (frame.frame_id, "door", frame.captured_at)
    assert (face.width, face.height) == (640, 480)
    side = round(max(face.box.width, face.box.height) * 1.3)
    assert decode_image(crop).shape == (min(side, 256), min(side, 256), 3)
    assert client.xlen(FRAMES) == 0
    assert pending(client, FRAMES, "extractor") == 0


def test_every_face_of_a_frame_is_published_under_its_own_id(client: redis.Redis, worker: FrameWorker) -> None:
    """Two people side by side."""
    both = np.hstack([zoe(5), draw(person("karan"), 5)])
    frame = publish_image(client, both, 0)
    worker.step()
    published = [face for face, _ in faces(client)]
    assert [face.face_id for face in published] == [f"{frame.frame_id}-0", f"{frame.frame_id}-1"]
    assert {face.box.x < 640 for face in published} == {True, False}


def test_a_frame_without_a_face_is_completed_all_the_same(client: redis.Redis, worker: FrameWorker) -> None:
    """Nothing is published, and nothing comes back."""
    publish_image(client, np.full((480, 640, 3), 90, np.uint8), 0)
    worker.step()
    assert faces(client) == []
    assert client.xlen(FRAMES) == 0


def test_of_live_frames_only_the_newest_is_looked_at_and_the_others_are_counted(
    client: redis.Redis, worker: FrameWorker
) -> None:
    """They are stale: an extractor that cannot keep up shows what is now."""
    frames = [publish_image(client, zoe(sequence), sequence) for sequence in range(5)]
    worker.step()
    assert frame_ids(client) == [frames[-1].frame_id]
    assert dropped_counts(client) == {FRAMES: 4}
    assert client.xlen(FRAMES) == 0


def test_frames_that_are_not_live_are_all_looked_at_in_order(client: redis.Redis, worker: FrameWorker) -> None:
    """None of them is stale."""
    frames = [publish_image(client, zoe(sequence), sequence, live=False) for sequence in range(4)]
    worker.step()
    assert frame_ids(client) == [frame.frame_id for frame in frames]
    assert dropped_counts(client) == {}


def test_a_frame_that_is_no_jpeg_is_a_dead_letter_and_the_next_one_is_worked_through(
    client: redis.Redis, worker: FrameWorker
) -> None:
    """With its bytes and what was wrong with them."""
    broken = publish_image(client, zoe(5), 0, live=False)
    ((entry_id, fields),) = entries(client, FRAMES)
    client.xdel(FRAMES, entry_id)
    half = fields[b"payload"][: len(fields[b"payload"]) // 2]
    publish(client, FRAMES, broken, half)
    good = publish_image(client, zoe(6), 1, live=False)
    worker.step()
    assert frame_ids(client) == [good.frame_id]
    (letter,) = fields_of(client, f"{FRAMES}:dead")
    assert letter[b"payload"] == half
    assert "Send it again" in letter[b"reason"].decode()
    assert client.xlen(FRAMES) == 0


def test_what_a_dead_extractor_left_is_worked_through_before_what_is_new(
    client: redis.Redis, worker: FrameWorker
) -> None:
    """Frames of one camera stay in order."""
    left = [publish_image(client, zoe(sequence), sequence, live=False) for sequence in range(2)]
    Consumer(client, "extractor", "dead", Frame).receive([FRAMES], count=2)
    new = publish_image(client, zoe(2), 2, live=False)
    worker.step()
    assert frame_ids(client) == [frame.frame_id for frame in left]
    worker.step()
    assert frame_ids(client) == [frame.frame_id for frame in (*left, new)]


def test_the_stream_of_faces_is_bounded_and_what_falls_out_is_counted(client: redis.Redis, worker: FrameWorker) -> None:
    """Without inference nobody reads it."""
    for _ in range(FACES_KEPT):
        client.xadd("faces", {"header": "older", "payload": ""})
    frame = publish_image(client, zoe(5), 0)
    worker.step()
    assert client.xlen("faces") == FACES_KEPT
    assert dropped_counts(client) == {"faces": 1}
    assert frame.frame_id.encode() in fields_of(client, "faces")[-1][b"header"]


def test_a_camera_that_another_extractor_holds_is_left_alone(
    client: redis.Redis, home: Path, worker: FrameWorker
) -> None:
    """One extractor at a time."""
    frame = publish_image(client, zoe(5), 0)
    worker.step()
    publish_image(client, zoe(6), 1)
    FrameWorker(client, "two", SampleStore(home), SampleRules(80, 150), Detectors(None)).step()
    assert frame_ids(client) == [frame.frame_id]
    assert client.xlen(FRAMES) == 1


def test_an_extractor_goes_on_after_redis_lost_everything(client: redis.Redis, worker: FrameWorker) -> None:
    """When its next renewal is due; capture announces its camera again, and its frames are worked through again."""
    publish_image(client, zoe(5), 0)
    worker.step()
    until = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() - worker._leases._renewed_at < RENEW_SECONDS:
        assert time.monotonic() < until
        time.sleep(0.02)
    client.flushall()
    announce_camera(client, Camera(camera="door", source="0", state=CameraState.RUNNING))
    frame = publish_image(client, cv2.flip(zoe(6), 1).astype(np.uint8), 1)
    while frame_ids(client) != [frame.frame_id] or not client.exists("lease:door"):
        assert time.monotonic() < until
        worker.step()
