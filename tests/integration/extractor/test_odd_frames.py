"""Frames as any client of Redis may write them: each is processed or a dead letter, and the next one is processed."""

from collections.abc import Callable

import numpy as np
import pytest
import redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from familiar.services.capture.capture import FrameOrigin, make_frame
from familiar.services.capture.synthetic.drawing import draw
from familiar.services.capture.synthetic.looks import person
from familiar.services.extractor.detectors import Detectors
from familiar.services.extractor.extract import SampleRules
from familiar.services.extractor.frame_worker import FrameWorker
from familiar.services.extractor.metrics import REGISTRY
from familiar.shared.contract.messages import EnrolmentLabel, Face, Frame, Split
from familiar.shared.redis.cameras import Camera, CameraState, announce_camera, withdraw_camera
from familiar.shared.redis.stream import MOST_DELIVERIES, publish
from familiar.shared.stores.samples import SampleStore
from familiar.shared.vision.detector import MOST_FACES, FaceDetector, HaarDetector
from familiar.shared.vision.images import cut_face, encode_jpeg, resize_square
from tests.builders import NOON
from tests.odd_entries import odd_entries
from tests.streams import append, fields_of, pending

FRAMES = "frames:door"
LABEL = EnrolmentLabel(enrolment_id="e1", person="zoe", split=Split.TRAIN)
ZOE = draw(person("zoe"), 5)[::2, ::2].copy()
FRAME, JPEG = make_frame(ZOE, FrameOrigin("door", NOON, 0), LABEL, live=False)
SMALL, SMALL_JPEG = make_frame(np.full((60, 80, 3), 90, np.uint8), FrameOrigin("door", NOON, 1), None, live=False)


class FailingDetectors(Detectors):
    """Detectors that fail on one frame, if they are told to."""

    fault: BaseException | None = None

    def for_frame(self, frame: Frame) -> FaceDetector:
        """Fail on the small frame, or give the detector."""
        if self.fault is not None and frame.frame_id == SMALL.frame_id:
            raise self.fault
        return super().for_frame(frame)


@pytest.fixture(scope="module")
def all_detectors() -> FailingDetectors:
    """Give detectors, which take seconds to compile, to all tests."""
    return FailingDetectors(None)


@pytest.fixture
def detectors(all_detectors: FailingDetectors) -> FailingDetectors:
    """Give detectors that do not fail yet."""
    all_detectors.fault = None
    return all_detectors


StartExtractor = Callable[[str], FrameWorker]


@pytest.fixture
def start(client: redis.Redis, store: SampleStore, detectors: FailingDetectors) -> StartExtractor:
    """Give what starts an extractor of this name; there is a camera at the door."""
    announce_camera(client, Camera(camera="door", source="0", state=CameraState.RUNNING))
    return lambda name: FrameWorker(client, name, store, SampleRules(80, 150), detectors)


@pytest.fixture
def worker(start: StartExtractor) -> FrameWorker:
    """Give an extractor."""
    return start("one")


def published(client: redis.Redis) -> list[str]:
    """Tell of which frames faces were published."""
    return [Face.model_validate_json(fields[b"header"]).frame_id for fields in fields_of(client, "faces")]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(odd_entries(SMALL, SMALL_JPEG), min_size=1, max_size=3))
def test_an_odd_frame_is_processed_or_buried_and_takes_no_other_along(
    client: redis.Redis, worker: FrameWorker, odd: list[dict[bytes, bytes]]
) -> None:
    """Nothing is raised, nothing stays pending, and the good one behind it gives its face."""
    announce_camera(client, Camera(camera="door", source="0", state=CameraState.RUNNING))
    client.delete("faces", f"{FRAMES}:dead")
    for fields in odd:
        append(client, FRAMES, fields)
    publish(client, FRAMES, FRAME, JPEG)
    while client.xlen(FRAMES):
        worker.step()
    assert published(client)[-1] == FRAME.frame_id
    assert pending(client, FRAMES, "extractor") == 0
    assert len(fields_of(client, f"{FRAMES}:dead")) <= len(odd)


@pytest.mark.parametrize("fault", [MemoryError(), ValueError("odd"), ZeroDivisionError()])
def test_whatever_a_frame_causes_is_the_end_of_that_frame_alone(
    client: redis.Redis, worker: FrameWorker, detectors: FailingDetectors, fault: Exception
) -> None:
    """A dead letter with its reason."""
    detectors.fault = fault
    publish(client, FRAMES, SMALL, SMALL_JPEG)
    publish(client, FRAMES, FRAME, JPEG)
    worker.step()
    assert published(client) == [FRAME.frame_id]
    (letter,) = fields_of(client, f"{FRAMES}:dead")
    assert letter[b"reason"].decode().startswith(type(fault).__name__)


def test_a_frame_that_kills_extractors_is_buried_and_no_other_one(
    client: redis.Redis, start: StartExtractor, detectors: FailingDetectors
) -> None:
    """Those of the same camera and of others that were received with it are all processed in the end."""
    yard = FRAME.model_copy(update={"camera": "yard", "frame_id": "yard-1-0"})
    announce_camera(client, Camera(camera="yard", source="0", state=CameraState.RUNNING))
    publish(client, FRAMES, SMALL, SMALL_JPEG)
    publish(client, FRAMES, FRAME, JPEG)
    publish(client, "frames:yard", yard, JPEG)
    detectors.fault = SystemExit()
    for number in range(MOST_DELIVERIES):
        worker = start(f"dead-{number}")
        with pytest.raises(SystemExit):
            worker.step()
        worker.stop()
    start("heir").step()
    assert sorted(published(client)) == [FRAME.frame_id, yard.frame_id]
    assert len(fields_of(client, f"{FRAMES}:dead")) == 1
    assert not client.exists("frames:yard:dead")


def test_a_frame_in_the_queue_of_another_camera_is_a_dead_letter(client: redis.Redis, worker: FrameWorker) -> None:
    """Nobody else would ever process it."""
    publish(client, FRAMES, SMALL.model_copy(update={"camera": "yard"}), SMALL_JPEG)
    worker.step()
    (letter,) = fields_of(client, f"{FRAMES}:dead")
    assert b"another camera" in letter[b"reason"]
    assert client.xlen(FRAMES) == 0


def test_of_a_mosaic_the_largest_faces_are_published(client: redis.Redis, worker: FrameWorker) -> None:
    """Those of a frame that are more than anybody counts are not even encoded."""
    (box,) = HaarDetector().detect(ZOE)
    face = resize_square(cut_face(ZOE, box), 64)
    frame, jpeg = make_frame(np.tile(face, (14, 22, 1)), FrameOrigin("door", NOON, 0), None, live=False)
    publish(client, FRAMES, frame, jpeg)
    worker.step()
    last = Face.model_validate_json(fields_of(client, "faces")[-1][b"header"])
    assert last.face_id == f"{frame.frame_id}-{MOST_FACES - 1}"


def test_a_camera_that_is_gone_leaves_no_metrics(client: redis.Redis, worker: FrameWorker) -> None:
    """Browsers open ever new ones."""
    publish(client, FRAMES, SMALL, SMALL_JPEG)
    worker.step()
    assert REGISTRY.get_sample_value("familiar_frames_extracted_total", {"camera": "door"}) is not None
    withdraw_camera(client, "door")
    worker._leases._renewed_at = 0
    worker.step()
    assert REGISTRY.get_sample_value("familiar_frames_extracted_total", {"camera": "door"}) is None


def test_a_thin_picture_is_a_dead_letter(client: redis.Redis, worker: FrameWorker) -> None:
    """It is reduced for detection to a picture without a side."""
    publish(client, FRAMES, SMALL, encode_jpeg(np.zeros((1, 8000, 3), np.uint8)))
    publish(client, FRAMES, FRAME, JPEG)
    worker.step()
    assert published(client) == [FRAME.frame_id]
    (letter,) = fields_of(client, f"{FRAMES}:dead")
    assert b"too thin" in letter[b"reason"]
