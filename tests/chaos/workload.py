"""What people do meanwhile: they enrol, train, choose versions, ask about pictures, and listen."""

import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import httpx

from familiar.services.capture.synthetic.drawing import draw
from familiar.services.capture.synthetic.looks import person
from familiar.shared.contract.messages import Prediction, Sighting
from familiar.shared.contract.training import JobState
from familiar.shared.stores.models import ModelStore
from familiar.shared.stores.samples import SampleStore
from familiar.shared.vision.images import encode_jpeg
from tests.chaos.site import Site
from tests.chaos.stack import PEOPLE
from tests.serving import events

TRAIN, TEST = 40, 20
_TARGETS = {"train": TRAIN, "test": TEST, "pause_seconds": 0.5}
_TRAINING = {"base_width": 0.25, "epochs": 2, "force": True}
_ENDED = (JobState.FINISHED, JobState.FAILED)
_SHOWN = ("cameras", "enrolments", "training-jobs", "people", "models", "services", "sightings")
_POLL_SECONDS = 0.25
_ASK_SECONDS = 0.1
_END_SECONDS = 10.0


@dataclass(frozen=True)
class Accepted:
    """An enrolment that was accepted."""

    camera: str
    enrolment_id: str


@dataclass
class Heard:
    """What was said of whom, in the order in which it was said."""

    predictions: list[tuple[str, Prediction, float]] = field(default_factory=list)
    """Who was shown, the answer, and when it was heard, on the monotonic clock."""
    sightings: list[Sighting] = field(default_factory=list)


class Workload:
    """The work of a run: each thing that is begun is seen through, and nothing new is begun after `winding_down`."""

    def __init__(self, site: Site, samples: SampleStore, models: ModelStore, seed: int) -> None:
        """Choose versions by the seed."""
        self.accepted: list[Accepted] = []
        self.trainings: list[str] = []
        """The jobs that were accepted."""
        self.heard = Heard()
        self.trains = threading.Event()
        """Set when the first training is accepted."""
        self.winding_down = threading.Event()
        self.given_up = threading.Event()
        self.site = site
        self._samples = samples
        self._models = models
        self._rng = random.Random(seed)
        self._two_are_enrolled = threading.Event()
        self._failures: list[BaseException] = []
        self._working = [self._thread(work) for work in (self._enrol_people, self._train)]

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Work for the length of the block.

        Raises:
            BaseException: whatever one of its threads failed with.
        """
        streams = ("/v1/predictions/stream", "/v1/sightings/stream")
        asking = [self._thread(self._ask), *(self._thread(self._listen, path) for path in streams)]
        threads = [*self._working, *asking]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self.given_up.set()
            for thread in threads:
                thread.join(_END_SECONDS)
            self.site.http.close()
        for failure in self._failures:
            raise failure

    def wind_down(self, seconds: float) -> None:
        """Begin nothing new, and wait until what was begun is done, at most for so long."""
        self.winding_down.set()
        until = time.monotonic() + seconds
        for thread in self._working:
            thread.join(max(0.0, until - time.monotonic()))

    def _thread(self, work: Callable[..., None], *arguments: str) -> threading.Thread:
        def run() -> None:
            try:
                work(*arguments)
            except BaseException as error:  # noqa: BLE001 - raised in the main thread
                self._failures.append(error)

        # A daemon, as reading an event stream has no end of its own.
        return threading.Thread(target=run, daemon=True)

    def _enrol_people(self) -> None:
        self._enrol(PEOPLE[:2])
        self._two_are_enrolled.set()
        self._enrol(PEOPLE[2:])
        while not self.winding_down.is_set():
            self._enrol([self._rng.choice(PEOPLE)])

    def _enrol(self, names: Sequence[str]) -> None:
        """Enrol people at the same time, and wait until their samples are there."""
        begun = [accepted for name in names if (accepted := self._begin(name)) is not None]
        for accepted in begun:
            while not self.given_up.is_set() and not self._is_complete(accepted):
                self.site.ask("GET", f"/v1/enrolments/{accepted.camera}")
                self.given_up.wait(_POLL_SECONDS)

    def _begin(self, name: str) -> Accepted | None:
        """Ask until an enrolment is accepted; who does not know what became of a request finds it running."""
        while not self.given_up.is_set():
            request = {"camera": name, "name": name.title(), **_TARGETS}
            answer = self.site.ask("POST", "/v1/enrolments", json=request)
            if answer is not None and answer.status_code == HTTPStatus.CONFLICT:
                answer = self.site.ask("GET", f"/v1/enrolments/{name}")
            if answer is not None and answer.is_success:
                accepted = Accepted(name, answer.json()["enrolment"]["request"]["enrolment_id"])
                if accepted not in self.accepted:
                    self.accepted.append(accepted)
                    return accepted
            self.given_up.wait(_POLL_SECONDS)
        return None

    def _is_complete(self, accepted: Accepted) -> bool:
        counts = self._samples.count_session(accepted.camera, accepted.enrolment_id)
        return (counts.train, counts.test) >= (TRAIN, TEST)

    def _train(self) -> None:
        while not self._two_are_enrolled.wait(_POLL_SECONDS):
            if self.given_up.is_set():
                return
        self._train_once()
        while not self.winding_down.is_set():
            self._choose_a_version()
            self._train_once()

    def begin_training(self) -> None:
        """Ask for a training that nobody follows."""
        self.site.ask("POST", "/v1/training-jobs", json=_TRAINING)

    def _train_once(self) -> None:
        """Ask until a training is accepted, and follow it to its end."""
        job: dict[str, Any] | None = None
        while not self.given_up.is_set() and (job is None or job["state"] not in _ENDED):
            if job is None:
                job = self._parsed(self.site.ask("POST", "/v1/training-jobs", json=_TRAINING))
                if job is not None:
                    self.trainings.append(job["job_id"])
                    self.trains.set()
            else:
                job = self._parsed(self.site.ask("GET", f"/v1/training-jobs/{job['job_id']}")) or job
            self.given_up.wait(_POLL_SECONDS)

    def _choose_a_version(self) -> None:
        versions = self._models.versions()
        path = f"{self._rng.choice(versions)}/activate" if versions and self._rng.random() < 0.5 else "unpin"
        self.site.ask("POST", f"/v1/models/{path}")

    @staticmethod
    def _parsed(answer: httpx.Response | None) -> dict[str, Any] | None:
        return dict(answer.json()) if answer is not None and answer.is_success else None

    def _ask(self) -> None:
        """Ask about pictures, and what is going on, over and over."""
        pictures = {name: encode_jpeg(draw(person(name), 300.0)) for name in PEOPLE}
        turn = 0
        while not self.given_up.wait(_ASK_SECONDS):
            name, shown = PEOPLE[turn % len(PEOPLE)], _SHOWN[turn % len(_SHOWN)]
            answer = self.site.ask(
                "POST", "/v1/predictions", content=pictures[name], headers={"Content-Type": "image/jpeg"}
            )
            if answer is not None and answer.is_success:
                self._hear_of(name, Prediction.model_validate_json(answer.text))
            self.site.ask("GET", f"/v1/{shown}")
            turn += 1

    def _listen(self, path: str) -> None:
        """Listen to an event stream, and connect again where the last connection ended."""
        last = "0"
        while not self.given_up.is_set():
            try:
                with self.site.http.stream("GET", path, headers={"Last-Event-ID": last}) as response:
                    for event in events(response) if response.is_success else ():
                        last = event.event_id
                        self._hear(event.message)
                        if self.given_up.is_set():
                            return
            except httpx.TransportError:
                pass
            self.given_up.wait(_POLL_SECONDS)

    def _hear(self, message: Prediction | Sighting) -> None:
        if isinstance(message, Sighting):
            self.heard.sightings.append(message)
        else:
            self._hear_of(str(message.camera), message)

    def _hear_of(self, shown: str, prediction: Prediction) -> None:
        self.heard.predictions.append((shown, prediction, time.monotonic()))
