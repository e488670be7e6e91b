"""Tracks on a real Redis: the faces that an extractor publishes say which of them are one face."""

from pathlib import Path

import numpy as np
import pytest
import redis

from familiar.services.capture.capture import FrameOrigin, make_frame
from familiar.services.capture.synthetic.drawing import draw
from familiar.services.capture.synthetic.looks import person
from familiar.services.extractor.detectors import Detectors
from familiar.services.extractor.extract import SampleRules
from familiar.services.extractor.frame_worker import FrameWorker
from familiar.shared.contract.messages import Face, Frame
from familiar.shared.redis.cameras import Camera, CameraState, announce_camera
from familiar.shared.redis.stream import publish
from familiar.shared.stores.samples import SampleStore
from familiar.shared.vision.images import Image
from tests.builders import NOON
from tests.streams import fields_of

RULES = SampleRules(80, 150)


def publish_image(client: redis.Redis, image: Image, sequence: int, camera: str = "door") -> tuple[Frame, bytes]:
    """Publish an image as the frame of this number of a camera."""
    frame, jpeg = make_frame(image, FrameOrigin(camera, NOON, sequence), None, live=False)
    publish(client, f"frames:{camera}", frame, jpeg)
    return frame, jpeg


def both(seconds: float) -> Image:
    """Draw two people side by side."""
    return np.hstack([draw(person("zoe"), seconds), draw(person("karan"), seconds)])


def faces(client: redis.Redis) -> list[Face]:
    """Read what was published of faces."""
    return [Face.model_validate_json(fields[b"header"]) for fields in fields_of(client, "faces")]


@pytest.fixture
def worker(client: redis.Redis, home: Path) -> FrameWorker:
    """Give an extractor, and cameras at the door and in the yard."""
    for camera in ("door", "yard"):
        announce_camera(client, Camera(camera=camera, source="0", state=CameraState.RUNNING))
    return FrameWorker(client, "one", SampleStore(home), RULES, Detectors(None))


def test_faces_that_stay_in_view_keep_the_ids_of_their_first_faces(client: redis.Redis, worker: FrameWorker) -> None:
    """Whichever of the two the detector lists first."""
    for sequence in range(5):
        publish_image(client, both(5 + sequence / 10), sequence)
    worker.step()
    published = faces(client)
    assert len(published) == 10
    tracks = {face.box.x < 640: face.track_id for face in published[:2]}
    assert set(tracks.values()) == {face.face_id for face in published[:2]}
    assert all(face.track_id == tracks[face.box.x < 640] for face in published)


def test_a_frame_that_is_worked_through_twice_changes_no_track(client: redis.Redis, worker: FrameWorker) -> None:
    """Its faces come once more under the same ids, and the next frame goes on with them."""
    frame, jpeg = publish_image(client, both(5), 0)
    publish(client, "frames:door", frame, jpeg)
    publish_image(client, both(5.1), 1)
    worker.step()
    published = faces(client)
    first, again, following = published[:2], published[2:4], published[4:]
    assert again == first
    assert {face.track_id for face in following} == {face.track_id for face in first}


def test_each_camera_has_tracks_of_its_own(client: redis.Redis, worker: FrameWorker) -> None:
    """Somebody in the same place before another camera is another face."""
    for sequence in range(2):
        for camera in ("door", "yard"):
            publish_image(client, draw(person("zoe"), 5 + sequence / 10), sequence, camera)
    worker.step()
    tracks = {(face.camera, face.track_id) for face in faces(client)}
    assert len(tracks) == 2
    assert {track_id.split("-")[0] for _, track_id in tracks} == {"door", "yard"}


def test_tracks_begin_anew_with_another_extractor(client: redis.Redis, home: Path, worker: FrameWorker) -> None:
    """What the last one knew of the camera went with it."""
    publish_image(client, draw(person("zoe"), 5), 0)
    worker.step()
    worker.stop()
    publish_image(client, draw(person("zoe"), 5.1), 1)
    FrameWorker(client, "two", SampleStore(home), RULES, Detectors(None)).step()
    assert [face.track_id == face.face_id for face in faces(client)] == [True, True]


def test_an_extractor_forgets_the_tracks_of_a_camera_that_it_gave_back(
    client: redis.Redis, worker: FrameWorker
) -> None:
    """It would otherwise remember every camera that there ever was."""
    publish_image(client, draw(person("zoe"), 5), 0)
    worker.step()
    assert worker._tracks["door"]
    worker.stop()
    worker.step()
    assert not any(worker._tracks.values())
