"""Forgetting somebody beside everything that names them: afterwards nothing does, and nothing of theirs is left."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import httpx
import pytest

from familiar.services.capture.synthetic.drawing import draw
from familiar.services.capture.synthetic.looks import person
from familiar.shared.contract.messages import Prediction, Sighting, Split, TrainingOptions
from familiar.shared.contract.training import JobState
from familiar.shared.redis.training_queue import TrainingRecords, enqueue_training, find_training, training_records
from familiar.shared.stores.forgettings import Forgettings
from familiar.shared.vision.images import encode_jpeg
from tests.remains import remains
from tests.serving import events

if TYPE_CHECKING:
    from tests.e2e.conftest import Running

pytestmark = pytest.mark.slow

NAME, SLUG = "Zoë Krüger", "zoe-kruger"
ASKING = 3
ANSWERS_AFTER = 20
PICTURES = 45
# In the middle of her samples; every other operation is gone through in an integration test.
KILLED_AT = 40
OPTIONS = TrainingOptions(base_width=0.25, epochs=2, force=True)
TRAINING_SECONDS = 1200.0


@pytest.fixture(scope="module")
def stack(
    start_stack: Callable[..., AbstractContextManager["Running"]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator["Running"]:
    """Give a stack that serves version 1, with two people, and before one of whose cameras Zoë stands."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FAMILIAR_WEIGHTS", "random")
        with start_stack(tmp_path_factory.mktemp("stack") / "home", "yard=synthetic:zoe") as running:
            running.wait_for("the camera", lambda: len(running.http.get("/v1/cameras").json()) == 1)
            for name in ("karan", "arjun"):
                photos = tmp_path_factory.mktemp(name)
                for number in range(PICTURES):
                    (photos / f"{number}.jpg").write_bytes(encode_jpeg(draw(person(name), number * 1.7)))
                enrol(running, name.title(), "--photos", str(photos))
            train(running)
            yield running


def enrol(stack: "Running", name: str, *source: str) -> None:
    """Enrol somebody from a camera or from photographs."""
    enrolled = stack.familiar("enrol", name, *source, "--train", "20", "--test", "10")
    assert enrolled.returncode == 0, enrolled.stderr + stack.logs()


def train(stack: "Running") -> int:
    """Train everybody, and wait until the version is served."""
    job_id = enqueue_training(stack.client, records_of(stack), OPTIONS).job_id
    wait_for_training(stack, job_id)
    version = find_training(stack.client, records_of(stack), job_id).model_version
    assert version is not None, find_training(stack.client, records_of(stack), job_id)
    stack.wait_until_served(version)
    return version


def records_of(stack: "Running") -> TrainingRecords:
    """Give the records of the stack's trainings."""
    return training_records(stack.stack.settings.home)


def wait_for_training(stack: "Running", job_id: str) -> None:
    """Wait until a training has ended."""
    ended = {JobState.FINISHED, JobState.FAILED}
    stack.wait_for(
        "a training", lambda: find_training(stack.client, records_of(stack), job_id).state in ended, TRAINING_SECONDS
    )


def teach_zoe(stack: "Running") -> tuple[int, list[bytes]]:
    """Enrol Zoë, and wait until a face with her name is kept; give her version, and what is to be found of her."""
    enrol(stack, NAME, "--camera", "yard", "--pause", "0.5")
    version = train(stack)
    samples = [sample for split in Split for sample in stack.samples.samples(SLUG, split)]
    stack.wait_for(
        "a kept face of hers", lambda: any(b"kept-face" in key for key in keys_naming(stack, [SLUG.encode()]))
    )
    return version, [
        *(NAME.encode(), SLUG.encode()),
        *(sample.sample_id.encode() for sample in samples),
        *(sample.jpeg for sample in samples),
    ]


def keys_naming(stack: "Running", words: list[bytes]) -> list[bytes]:
    """Find the keys in whose hash one of the words stands."""
    return [
        key
        for key in stack.client.scan_iter(match="kept-face:*")
        if any(word in value for value in stack.client.hgetall(key).values() for word in words)
    ]


@dataclass
class Heard:
    """What was answered and sent, from any thread."""

    messages: list[Prediction | Sighting] = field(default_factory=list)
    codes: set[str] = field(default_factory=set)

    def naming(self, slug: str) -> list[datetime]:
        """Give when each prediction was made that names somebody."""
        return [
            message.predicted_at
            for message in self.messages
            if isinstance(message, Prediction) and any(face.person == slug for face in message.faces)
        ]


@contextmanager
def listening(stack: "Running") -> Iterator[Heard]:
    """Ask who Zoë's picture shows, over and over from several threads, and listen to all events meanwhile."""
    heard, stopped = Heard(), threading.Event()
    picture = encode_jpeg(draw(person("zoe"), 300.0))

    def ask() -> None:
        with stack.another_client() as http:
            while not stopped.is_set():
                answer = http.post("/v1/predictions", content=picture, headers={"Content-Type": "image/jpeg"})
                if answer.is_success:
                    heard.messages.append(Prediction.model_validate_json(answer.text))
                else:
                    heard.codes.add(answer.json()["code"])

    def listen(path: str) -> None:
        with (
            stack.another_client() as http,
            http.stream("GET", path, headers={"Last-Event-ID": "0"}) as stream,
        ):
            for event in events(stream):
                heard.messages.append(event.message)
                if stopped.is_set():
                    return

    threads = [threading.Thread(target=ask) for _ in range(ASKING)]
    threads += [threading.Thread(target=listen, args=(path,)) for path in ("/v1/predictions/stream",)]
    for thread in threads:
        thread.start()
    try:
        yield heard
    finally:
        stopped.set()
        for thread in threads:
            thread.join()


@pytest.mark.timeout(4 * TRAINING_SECONDS)
def test_from_the_moment_it_returns_nothing_names_the_person(stack: "Running") -> None:
    """Not over HTTP, not as an event; no file and no key holds them, before and after the others are trained again."""
    version, words = teach_zoe(stack)
    home = stack.stack.settings.home
    assert remains(home, stack.client, words)
    with listening(stack) as heard:
        stack.wait_for("her name", lambda: len(heard.naming(SLUG)) > ANSWERS_AFTER)
        receipt = stack.http.delete(f"/v1/people/{SLUG}").json()
        returned_at = datetime.now(UTC)
        left = remains(home, stack.client, words)
        answered = len(heard.messages)
        stack.wait_for("more answers", lambda: len(heard.messages) > answered + ANSWERS_AFTER)
    assert left == set()
    assert [at for at in heard.naming(SLUG) if at > returned_at] == []
    assert heard.codes <= {"answer-withdrawn", "no-model"}
    assert (receipt["samples"], receipt["model_versions"], receipt["served_version"]) == (30, [version], 1)
    assert receipt["kept_faces"] > 0
    assert receipt["stream_entries"] > 0

    wait_for_training(stack, receipt["training_job"])
    assert find_training(stack.client, records_of(stack), receipt["training_job"]).state is JobState.FINISHED
    assert remains(home, stack.client, words) == set()


@pytest.mark.timeout(2 * TRAINING_SECONDS)
def test_it_is_completed_by_itself_when_it_and_inference_are_killed_in_the_middle(stack: "Running") -> None:
    """Inference completes it when it starts, before it serves anything."""
    _, words = teach_zoe(stack)
    settings = stack.stack.settings
    command = [sys.executable, "-m", "tests.killed_forgetting"]
    before = stack.process("inference")
    forgetting = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with forgetting:
        ended, _ = forgetting.communicate(f"{KILLED_AT} {settings.home} {settings.used_redis_url} {SLUG}\n")
    before.kill()
    assert ended == "killed\n"
    stack.wait_for("the end of the forgetting", lambda: not Forgettings(settings.home).pending())
    completed_at = datetime.now(UTC)
    assert remains(settings.home, stack.client, words) == set()
    stack.wait_for("inference", lambda: _is_ready(stack))
    with listening(stack) as heard:
        stack.wait_for("answers", lambda: len(heard.messages) > ANSWERS_AFTER)
    assert [at for at in heard.naming(SLUG) if at > completed_at] == []
    assert remains(settings.home, stack.client, words) == set()


def _is_ready(stack: "Running") -> bool:
    try:
        return stack.http.get("/readyz").is_success
    except httpx.TransportError:
        return False
