"""What several tests build: samples, versions, frames, and what the README shows."""

import re
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import redis

from familiar.cli.stack.local_stack import free_port
from familiar.services.capture.capture import FrameOrigin, make_frame
from familiar.services.capture.synthetic.drawing import draw
from familiar.services.capture.synthetic.looks import person
from familiar.shared.contract.enrolment import Enrolment
from familiar.shared.contract.manifest import Gate, Manifest, ManifestPerson, Metrics, Weights
from familiar.shared.contract.messages import (
    Box,
    Candidate,
    EnrolmentLabel,
    ModelVersion,
    NamedFace,
    Prediction,
    Split,
    TrainingOptions,
)
from familiar.shared.redis.enrolments import Targets, begin_enrolment
from familiar.shared.redis.stream import Consumer, Delivery, publish
from familiar.shared.stores.models import KERAS_MODEL, LANDMARKS, SERVED_MODEL, ModelStore
from familiar.shared.stores.sample_origin import SampleOrigin
from familiar.shared.stores.samples import SampleStore
from familiar.shared.stores.sealing import Seals
from familiar.shared.vision.images import Image, encode_jpeg

# Of a home without a key.
NO_SEALS = Seals(Path("nowhere"))
ROOT = Path(__file__).parents[1]
NOON = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
FRAMES = "frames:door"
GROUP = "readers"
FILES = {
    SERVED_MODEL: b"the model that is served",
    KERAS_MODEL: b"the model that was trained",
    LANDMARKS: b"the network that finds landmarks",
}


def origin(number: int, captured_at: datetime = NOON) -> SampleOrigin:
    """Give the origin of the frame of this number."""
    return SampleOrigin(frame_id=f"door-1-{number}", camera="door", captured_at=captured_at, enrolment_id="e1")


def prediction_of(prediction_id: str, *people: str | None) -> Prediction:
    """Give a prediction of the door that took its faces for these people; None is somebody unknown."""
    box = Box(x=10, y=10, width=90, height=90)
    faces = tuple(
        NamedFace(
            box=box,
            person=slug,
            confidence=0.9,
            reason=None if slug else "below_threshold",
            candidates=(Candidate(person=slug or "karan", confidence=0.9),),
        )
        for slug in people
    )
    return Prediction(
        prediction_id=prediction_id,
        model_version=1,
        camera="door",
        captured_at=NOON,
        predicted_at=NOON,
        width=640,
        height=480,
        faces=faces,
        timing_ms={},
    )


def crop(grey: int) -> bytes:
    """Give the JPEG of a plain crop."""
    return encode_jpeg(np.full((32, 32, 3), grey, np.uint8))


def manifest_of(version: int, files: dict[str, str], people: tuple[str, ...]) -> Manifest:
    """Describe a version that knows these people."""
    return Manifest(
        version=version,
        created_at=datetime.now(UTC),
        people=tuple(
            ManifestPerson(slug=slug, name=slug.title(), train_samples=20, test_samples=0, recall=None)
            for slug in people
        ),
        threshold=0.5,
        options=TrainingOptions(),
        weights=Weights(source="random", sha256=None),
        history=(),
        metrics=Metrics(test_samples=0, accuracy=None, recall=None, false_names=None, confusion=()),
        layers=(),
        largest_difference=0.0,
        training_seconds=1.0,
        files=files,
    )


def publish_version(store: ModelStore, *people: str, rejected: str | None = None) -> int:
    """Publish a version that knows these people, rejected if there is a reason, and give its number."""
    gate = Gate(accepted=rejected is None, reason=rejected)
    with store.staging_folder() as staging:
        for name, data in FILES.items():
            (staging / name).write_bytes(data)
        return store.publish(
            staging, lambda version, files: manifest_of(version, files, people).model_copy(update={"gate": gate})
        ).version


def zoe(seconds: float) -> Image:
    """Draw Zoe at this moment; at whole seconds she looks different each time."""
    return draw(person("zoe"), seconds)


def enrol_zoe(client: redis.Redis, store: SampleStore, train: int, test: int) -> Enrolment:
    """Begin to enrol Zoe at the door, without a pause between the splits."""
    return begin_enrolment(client, store, "door", "Zoe", Targets(train, test, pause_seconds=0))


def publish_labelled(client: redis.Redis, image: Image, sequence: int, label: EnrolmentLabel | None) -> None:
    """Publish an image of the door as a frame with a label."""
    frame, jpeg = make_frame(image, FrameOrigin("door", NOON, sequence), label, live=label is None)
    publish(client, FRAMES, frame, jpeg)


def closed_port() -> int:
    """Give a port on which nobody listens."""
    return free_port()


def counts(store: SampleStore) -> tuple[int, int]:
    """Count what is stored of Zoe."""
    return store.count("zoe", Split.TRAIN), store.count("zoe", Split.TEST)


def message(number: int) -> ModelVersion:
    """Give a message that is told from others by its number."""
    return ModelVersion(model_version=number, published_at=NOON)


def consumer(client: redis.Redis, name: str = "one") -> Consumer[ModelVersion]:
    """Give a member of the group."""
    return Consumer(client, GROUP, name, ModelVersion)


def numbers(deliveries: list[Delivery[ModelVersion]]) -> list[int]:
    """Name deliveries by the numbers of their messages."""
    return [delivery.message.model_version for delivery in deliveries]


def block_after(mark: str) -> str:
    """Give the code block that follows a mark, wherever in the documentation that is."""
    pages = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
    written = "\n".join(page.read_text() for page in pages)
    found = re.search(rf"<!-- {mark} -->\n```\w*\n(.*?)```", written, re.DOTALL)
    assert found, f"no page has a block marked {mark}"
    return found[1]
