"""Real processes: Redis and the four services, started as `familiar up` starts them."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import pytest
import redis
from playwright.sync_api import Browser, Playwright, sync_playwright

from familiar.cli.stack.local_stack import LocalSettings, LocalStack, free_port
from familiar.services.capture.synthetic.drawing import draw
from familiar.services.capture.synthetic.looks import person
from familiar.shared.access.token_store import TokenStore
from familiar.shared.contract import redis_names
from familiar.shared.redis.connection import open_redis
from familiar.shared.redis.training_queue import TrainingRecords, training_records
from familiar.shared.runtime.redis_address import local_address_file, read_address
from familiar.shared.stores.models import ModelStore
from familiar.shared.stores.samples import SampleStore
from familiar.shared.vision.images import encode_jpeg
from tests.app_client import bearer
from tests.browser import Webcam, drawn, launch_chromium
from tests.real_recordings import linked
from tests.redis_watcher import WATCHER, a_watcher_in_redis

# A training takes the cores that nobody else wants, and on a busy machine minutes.
DEADLINE_SECONDS = 240.0


@dataclass(frozen=True)
class Running:
    """A stack that is up, and what to ask it with."""

    stack: LocalStack
    client: redis.Redis
    samples: SampleStore
    models: ModelStore
    http: httpx.Client

    @property
    def trainings(self) -> TrainingRecords:
        """The records of trainings."""
        return training_records(self.stack.settings.home)

    @property
    def environment(self) -> dict[str, str]:
        """The environment of somebody who uses this stack."""
        settings = self.stack.settings
        return {
            **os.environ,
            "FAMILIAR_HOME": str(settings.home),
            "FAMILIAR_URL": settings.url,
            "FAMILIAR_CAMERA_PORT": str(settings.camera_port),
            "FAMILIAR_TOKEN": TokenStore(settings.home).owner_secret(),
            "COLUMNS": "200",
        }

    @property
    def subscriber_environment(self) -> dict[str, str]:
        """The environment of a subscriber, as the documentation makes it."""
        return {**self.environment, "REDIS_URL": self._address_of(redis_names.READER)}

    def client_of(self, user: str) -> redis.Redis:
        """Connect to Redis as one of its users."""
        return open_redis(self._address_of(user))

    def _address_of(self, user: str) -> str:
        return read_address(local_address_file(self.stack.settings.home, user))

    def another_client(self) -> httpx.Client:
        """Give one more client of inference, for another thread, with the owner's token."""
        return httpx.Client(base_url=self.http.base_url, headers=self.http.headers, timeout=60)

    def familiar(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the command line to its end."""
        command = [sys.executable, "-m", "familiar.cli.main", *arguments]
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=DEADLINE_SECONDS, check=False
        )

    def process(self, service: str) -> psutil.Process:
        """Find the process of a service that runs now."""
        running = self.processes(f"services.{service}")
        assert running, f"{service} is not running\n{self.logs()}"
        return running[0]

    def processes(self, word: str) -> list[psutil.Process]:
        """Find the stack's processes whose command line holds a word, the dying ones left out."""
        found = []
        for child in psutil.Process(self.stack.supervisor_pid).children():
            with contextlib.suppress(psutil.Error):
                if any(word in part for part in child.cmdline()):
                    found.append(child)
        return found

    def wait_for(self, what: str, true: Callable[[], bool], seconds: float = DEADLINE_SECONDS) -> None:
        """Wait until something is true, or fail with the end of every log."""
        until = time.monotonic() + seconds
        while not true():
            if time.monotonic() > until:
                pytest.fail(f"waited {seconds:.0f} s for {what}\n{self.logs()}")
            time.sleep(0.05)

    def wait_until_served(self, version: int) -> None:
        """Wait until inference answers with a version."""
        self.wait_for(f"version {version}", lambda: self.http.get("/readyz").json().get("model_version") == version)

    def logs(self) -> str:
        """Give the end of every log."""
        folder = self.stack.settings.home / "logs"
        return "\n".join(f"== {path.name}\n{path.read_text()[-2000:]}" for path in sorted(folder.glob("*.log")))


@contextmanager
def running(home: Path, cameras: str = "") -> Iterator[Running]:
    """Start a stack with a Redis of its own, on free ports."""
    settings = LocalSettings(home, free_port(), free_port(), redis_url=None, cameras=cameras)
    headers = bearer(TokenStore(home).owner_secret())
    with (
        a_watcher_in_redis(),
        LocalStack(settings) as stack,
        httpx.Client(base_url=settings.url, headers=headers, timeout=30) as http,
        open_redis(read_address(local_address_file(home, WATCHER))) as client,
    ):
        yield Running(stack, client, SampleStore(home), ModelStore(home), http)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the tests that share a stack come last: it is at work from the first of them on, beside all that follow."""
    items.sort(key=lambda item: "taught" in getattr(item, "fixturenames", ()))


@pytest.fixture(scope="session")
def start_stack() -> Callable[..., AbstractContextManager[Running]]:
    """Give the way to start a stack, for tests that need one of their own."""
    return running


@pytest.fixture(scope="session")
def taught(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Give a stack that has been taught two drawn people through the command line, and serves version 1."""
    home = tmp_path_factory.mktemp("taught")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FAMILIAR_WEIGHTS", "random")
        with running(home, "karan=synthetic:karan arjun=synthetic:arjun") as stack:
            stack.wait_for("both cameras", lambda: len(stack.http.get("/v1/cameras").json()) == 2)
            for name in ("Karan", "Arjun"):
                enrolled = stack.familiar(
                    "enrol", name, "--camera", name.lower(), "--train", "40", "--test", "20", "--pause", "0.5"
                )
                assert enrolled.returncode == 0, enrolled.stderr + stack.logs()
            trained = stack.familiar("train", "--base-width", "0.25")
            assert trained.returncode == 0, trained.stderr + stack.logs()
            stack.wait_until_served(1)
            yield stack


@pytest.fixture
def real_portraits(real_faces: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let stacks train with real weights, and with every second portrait of the strangers."""
    portraits = sorted((real_faces / "strangers").glob("*.jpg"))[::2]
    monkeypatch.setenv("FAMILIAR_STRANGERS", str(linked(portraits, tmp_path / "portraits")))
    monkeypatch.setenv("FAMILIAR_WEIGHTS", str(real_faces / "weights" / "mobilenet_1_0_224_tf_no_top.h5"))


@pytest.fixture
def sessions_office(real_faces: Path) -> Path:
    """Give the recordings of people in an office, two weeks apart, or skip."""
    folder = real_faces / "sessions_office"
    if not folder.is_dir():
        pytest.skip("FAMILIAR_TEST_DATA has no sessions_office: recordings of the same people on two days")
    return folder


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """Give what starts browsers."""
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="module")
def browser(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Give a Chromium before whose camera Karan stands."""
    webcam = Webcam(tmp_path_factory.mktemp("webcam") / "webcam.mjpeg")
    webcam.show(drawn("karan"))
    browser = launch_chromium(playwright, *webcam.arguments)
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def picture_of_karan() -> bytes:
    """Give a JPEG of a drawn person who is enrolled."""
    return encode_jpeg(draw(person("karan"), seconds=300.0))
