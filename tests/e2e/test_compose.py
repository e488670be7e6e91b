"""The whole loop through real containers: enrolment from a mounted video, training, reload, HTTP and the stream.

Needs a Docker engine with Compose v2. Where FAMILIAR_REQUIRE_ENGINE is set its absence is a failure, else a skip.
"""

import json
import os
import secrets
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import cv2
import httpx
import pytest
import redis
from playwright.sync_api import sync_playwright
from websockets.sync.client import connect
from websockets.typing import Origin

from familiar.cli.stack.local_stack import free_port
from familiar.services.capture.synthetic.drawing import draw
from familiar.services.capture.synthetic.looks import person
from familiar.shared.vision.images import encode_jpeg
from tests.app_client import bearer
from tests.browser import Webcam, drawn, launch_chromium
from tests.studio_page import Studio

ROOT = Path(__file__).parents[2]
SERVICES = ("redis", "capture", "extractor", "trainer", "inference")
# With Redis published for subscribers, as documented.
FILES = ("--file", "docker-compose.yml", "--file", "docker-compose.subscribers.yml")
PEOPLE = ("karan", "arjun")
DEADLINE_SECONDS = 240.0
VIDEO_SECONDS = 40
FRAMES_PER_SECOND = 10
TRAIN, TEST = 60, 30

pytestmark = pytest.mark.timeout(1500)


@dataclass(frozen=True)
class Composed:
    """A compose project that is up."""

    project: str
    environment: dict[str, str]

    def compose(self, *arguments: str, timeout: float = DEADLINE_SECONDS) -> str:
        """Run `docker compose` with the project, and give what it printed."""
        run = subprocess.run(
            ["docker", "compose", "--project-name", self.project, *FILES, *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        assert run.returncode == 0, f"docker compose {' '.join(arguments)}\n{run.stdout[-3000:]}\n{run.stderr[-6000:]}"
        return run.stdout

    def familiar(self, *arguments: str) -> str:
        """Run the command line in its container."""
        return self.compose("run", "--rm", "--no-TTY", "cli", *arguments)

    def inspect(self) -> str:
        """Tell what Docker tells of the containers, ended ones included."""
        ids = self.compose("ps", "--all", "--quiet").split()
        return subprocess.run(["docker", "inspect", *ids], capture_output=True, text=True, check=True).stdout

    def address_of(self, user: str) -> str:
        """Tell the address of a user of Redis, as documented."""
        return self.compose("run", "--rm", "--no-TTY", "redis-users", "cat", f"/redis/{user}/address").strip()

    def health(self) -> dict[str, str]:
        """Tell the health of every service that runs."""
        lines = self.compose("ps", "--format", "json").splitlines()
        return {entry["Service"]: entry["Health"] or entry["State"] for entry in map(json.loads, lines)}

    def wait_for(self, what: str, true: Callable[[], bool]) -> None:
        """Wait until something is true, or fail with the logs."""
        until = time.monotonic() + DEADLINE_SECONDS
        while not true():
            if time.monotonic() > until:
                logs = self.compose("logs", "--tail", "40")
                pytest.fail(f"waited {DEADLINE_SECONDS:.0f} s for {what}\n{self.health()}\n{logs}")
            time.sleep(0.5)


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with a video of each drawn person."""
    folder = tmp_path_factory.mktemp("media")
    for name in PEOPLE:
        drawn = person(name)
        codec = cv2.VideoWriter.fourcc(*"MJPG")
        writer = cv2.VideoWriter(str(folder / f"{name}.avi"), codec, FRAMES_PER_SECOND, (640, 480))
        for number in range(VIDEO_SECONDS * FRAMES_PER_SECOND):
            writer.write(draw(drawn, number / FRAMES_PER_SECOND))
        writer.release()
    # The containers' user is not this one.
    folder.chmod(0o755)
    for parent in (folder.parent, folder.parent.parent):
        parent.chmod(parent.stat().st_mode | 0o055)
    return folder


@pytest.fixture(scope="module")
def composed(media: Path) -> Iterator[Composed]:
    """Build the images and give a project that is up, with ports of its own; it is gone afterwards."""
    engine = shutil.which("docker") and subprocess.run(["docker", "info"], capture_output=True, check=False)
    if not engine or engine.returncode != 0:
        if os.environ.get("FAMILIAR_REQUIRE_ENGINE"):
            pytest.fail("FAMILIAR_REQUIRE_ENGINE is set, and no Docker engine answers")
        pytest.skip("no Docker engine answers")
    environment = {
        **os.environ,
        "FAMILIAR_MEDIA": str(media),
        "FAMILIAR_CAMERAS": " ".join(f"{name}=/media/{name}.avi#loop" for name in PEOPLE),
        "FAMILIAR_WEIGHTS": "random",
        "FAMILIAR_PORT": str(free_port()),
        "FAMILIAR_CAMERA_PORT": str(free_port()),
        "FAMILIAR_REDIS_PORT": str(free_port()),
    }
    project = Composed(f"familiar-test-{secrets.token_hex(3)}", environment)
    try:
        project.compose("--profile", "cli", "build", timeout=1200)
        project.compose("up", "--detach")
        yield project
    finally:
        project.compose("down", "--volumes", "--timeout", "15")


@pytest.fixture(scope="module")
def link(composed: Composed) -> str:
    """Give the link with which the owner's browser logs in."""
    return composed.familiar("token", "show").strip()


@pytest.fixture(scope="module")
def http(link: str) -> Iterator[httpx.Client]:
    """Give a client of inference, as the machine outside the containers has it."""
    url, secret = link.split("/#token=")
    with httpx.Client(base_url=url, headers=bearer(secret), timeout=30) as client:
        yield client


@pytest.fixture(scope="module")
def taught(composed: Composed, http: httpx.Client) -> str:
    """Enrol both people from their videos, train, and give what the training said."""
    composed.wait_for("all services to be healthy", lambda: set(composed.health().values()) == {"healthy"})
    composed.wait_for("both cameras", lambda: len(http.get("/v1/cameras").json()) == len(PEOPLE))
    for name in PEOPLE:
        composed.familiar(
            "enrol", name.title(), "--camera", name, "--train", str(TRAIN), "--test", str(TEST), "--pause", "0.5"
        )
    return composed.familiar("train", "--base-width", "0.25")


def test_every_service_becomes_healthy(composed: Composed) -> None:
    """Redis and the four services, and none but them, run and are healthy."""
    composed.wait_for("all services to be healthy", lambda: set(composed.health().values()) == {"healthy"})
    assert set(composed.health()) == set(SERVICES)


@pytest.mark.usefixtures("taught")
def test_the_store_in_the_volume_holds_exactly_the_targets(http: httpx.Client) -> None:
    """As many samples of each as were asked for."""
    people = {known["slug"]: (known["train_samples"], known["test_samples"]) for known in http.get("/v1/people").json()}
    assert people == dict.fromkeys(PEOPLE, (TRAIN, TEST))


def test_training_publishes_a_version_that_inference_takes_up(
    composed: Composed, http: httpx.Client, taught: str
) -> None:
    """Without a restart; and a second training replaces the first."""
    assert "Version 1" in taught
    composed.wait_for("version 1", lambda: http.get("/readyz").json().get("model_version") == 1)
    composed.familiar("train", "--base-width", "0.25", "--epochs", "3", "--force")
    composed.wait_for("version 2", lambda: http.get("/readyz").json().get("model_version") == 2)


@pytest.mark.usefixtures("taught")
def test_a_picture_posted_from_outside_gets_its_names(http: httpx.Client) -> None:
    """A moment of the drawn person that the video does not show."""
    picture = encode_jpeg(draw(person("karan"), VIDEO_SECONDS + 3.5))
    (face,) = http.post("/v1/predictions", files={"image": picture}).json()["faces"]
    assert face["candidates"][0]["person"] == "karan"


@pytest.mark.usefixtures("taught")
def test_a_browser_outside_becomes_a_camera(composed: Composed, http: httpx.Client) -> None:
    """It is taken for Familiar's page by the port under which that is published."""
    port, page = (composed.environment[name] for name in ("FAMILIAR_CAMERA_PORT", "FAMILIAR_PORT"))
    address, origin = f"ws://127.0.0.1:{port}/v1/cameras/laptop", Origin(f"http://127.0.0.1:{page}")
    with connect(address, origin=origin, additional_headers={"Authorization": http.headers["Authorization"]}) as camera:
        camera.send(encode_jpeg(draw(person("karan"), VIDEO_SECONDS + 4)))
        assert json.loads(camera.recv(timeout=30)) == {"published": 1}
        assert "laptop" in {known["camera"] for known in http.get("/v1/cameras").json()}


@pytest.mark.usefixtures("taught")
def test_the_page_shows_this_machine_s_webcam(link: str, tmp_path: Path) -> None:
    """No device reaches a container: the browser sends the pictures, and gets boxes and names back."""
    webcam = Webcam(tmp_path / "webcam.mjpeg")
    webcam.show(drawn("karan", frames=100))
    with sync_playwright() as playwright:
        browser = launch_chromium(playwright, *webcam.arguments)
        studio = Studio(browser.new_context(permissions=["camera"]).new_page(), link, tmp_path)
        studio.turn_camera_on()
        studio.expect(studio.page.locator(".picture .face")).to_be_visible()
        studio.expect(studio.page.locator(".in-view li")).to_be_visible()
        studio.expect(studio.page.locator("#missing")).to_be_empty()
        assert studio.complaints == []
        browser.close()


@pytest.mark.usefixtures("taught")
def test_the_stream_can_be_read_from_outside(composed: Composed) -> None:
    """A subscriber on the machine sees both people named before their cameras, as the user who may read only that."""
    port = composed.environment["FAMILIAR_REDIS_PORT"]
    address = composed.address_of("reader").replace("@redis:6379", f"@127.0.0.1:{port}")
    with redis.Redis.from_url(address, protocol=2) as client:
        seen: set[str] = set()
        last_id = "$"
        until = time.monotonic() + 60
        while len(seen) < len(PEOPLE) and time.monotonic() < until:
            for _, entries in client.xread({"predictions": last_id}, block=1000) or []:
                for entry_id, fields in entries:
                    last_id = entry_id
                    prediction = json.loads(fields[b"header"])
                    named = [face["person"] for face in prediction["faces"]]
                    if named == [prediction["camera"]]:
                        seen.add(prediction["camera"])
    assert seen == set(PEOPLE)


def test_no_service_runs_as_root(composed: Composed) -> None:
    """Nor could it become root."""
    for service in SERVICES:
        assert composed.compose("exec", "--no-TTY", service, "id", "-u").strip() != "0"


def test_every_container_is_confined(composed: Composed) -> None:
    """A root that cannot be written, no capability, no further privilege, and limits of memory and processes."""
    containers = json.loads(composed.inspect())
    assert len(containers) == len(SERVICES) + 1
    for container in containers:
        host = container["HostConfig"]
        assert host["ReadonlyRootfs"], container["Name"]
        assert (host["CapDrop"], host["SecurityOpt"]) == (["ALL"], ["no-new-privileges:true"]), container["Name"]
        assert host["Memory"] > 0, container["Name"]
        assert host["PidsLimit"] > 0, container["Name"]


def test_each_service_sees_its_own_password_and_docker_shows_none(composed: Composed) -> None:
    """Neither in an environment nor on a command line; and Redis keeps hashes alone."""
    everything = composed.inspect()
    for service in set(SERVICES) - {"redis"}:
        seen = composed.compose("exec", "--no-TTY", service, "sh", "-c", "cat /redis/*/*").split()
        assert [urlsplit(address).username for address in seen] == [service]
        assert str(urlsplit(seen[0]).password) not in everything
        assert str(urlsplit(seen[0]).password) not in composed.compose(
            "exec", "--no-TTY", "redis", "sh", "-c", "cat /redis/*/*"
        )


def test_passwords_outlast_the_containers(composed: Composed) -> None:
    """Writing them again, as every `docker compose up` does, changes none."""
    before = composed.address_of("reader")
    composed.compose("run", "--rm", "--no-TTY", "redis-users")
    assert composed.address_of("reader") == before


def test_redis_is_published_to_subscribers_alone(composed: Composed) -> None:
    """Without the file for them, it has no port on the machine."""
    shown = subprocess.run(
        ["docker", "compose", "--file", "docker-compose.yml", "config", "--format", "json"],
        cwd=ROOT,
        env=composed.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    services = json.loads(shown.stdout)["services"]
    published = {name: [port["host_ip"] for port in service.get("ports", ())] for name, service in services.items()}
    assert published.pop("redis") == []
    assert {host for hosts in published.values() for host in hosts} == {"127.0.0.1"}


def test_only_the_trainer_has_tensorflow_and_the_others_are_small(composed: Composed) -> None:
    """The images without it are at most a third of the trainer's."""
    sizes = {}
    for service in ("capture", "extractor", "trainer", "inference", "cli"):
        inspected = subprocess.run(
            ["docker", "image", "inspect", "--format", "{{.Size}}", f"familiar-{service}"],
            env=composed.environment,
            capture_output=True,
            text=True,
            check=True,
        )
        sizes[service] = int(inspected.stdout)
        print(f"familiar-{service} {sizes[service] / 1e6:.0f} MB")
    trainer = sizes.pop("trainer")
    assert all(size <= trainer / 3 for size in sizes.values())
