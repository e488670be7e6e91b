"""The examples do what they say, against real services."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING
from uuid import uuid4

from playwright.sync_api import Browser, expect

from familiar.services.capture.synthetic.drawing import draw
from familiar.services.capture.synthetic.looks import person
from familiar.shared.contract import redis_names
from familiar.shared.contract.messages import Sighting
from familiar.shared.redis.stream import publish
from familiar.shared.vision.images import encode_jpeg
from tests.builders import NOON, ROOT

if TYPE_CHECKING:
    from tests.e2e.conftest import Running

EXAMPLES = ROOT / "examples"


@contextmanager
def started(stack: "Running", name: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run an example until the end of the block."""
    command = [sys.executable, str(EXAMPLES / name), *arguments]
    with subprocess.Popen(command, env=stack.subscriber_environment, stdout=subprocess.PIPE, text=True) as example:
        try:
            yield example
        finally:
            example.kill()


def say(stack: "Running") -> None:
    """Say that somebody came, as inference says it."""
    came = Sighting(
        sighting_id=uuid4().hex,
        track_id="door-1",
        camera="door",
        event="came",
        person="zoe-k",
        confidence=0.97,
        model_version=1,
        at=NOON,
    )
    with stack.client_of(redis_names.INFERENCE) as client:
        publish(client, redis_names.SIGHTINGS, came)


def say_until_heard(stack: "Running", listener: Thread) -> None:
    """Say it again and again, as nobody knows when an example begins to listen."""

    def heard() -> bool:
        say(stack)
        listener.join(0.2)
        return not listener.is_alive()

    stack.wait_for("the example to hear it", heard)


def test_the_subscriber_prints_who_comes(taught: "Running") -> None:
    """A line for each sighting."""
    lines: list[str] = []
    with started(taught, "subscribe.py") as example:
        assert example.stdout is not None
        # The stack's own cameras may say something meanwhile.
        mine = (line for line in example.stdout if line.startswith("door "))
        listener = Thread(target=lambda: lines.append(next(mine)))
        listener.start()
        say_until_heard(taught, listener)

    assert lines == ["door zoe-k came\n"]


def test_the_webhook_posts_who_comes(taught: "Running") -> None:
    """The sighting as it is, as JSON."""
    posted: list[dict[str, object]] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            posted.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Hook) as server:
        address = f"http://127.0.0.1:{server.server_port}/familiar"
        with started(taught, "webhook.py", address):
            waiting = Thread(target=server.handle_request)
            waiting.start()
            say_until_heard(taught, waiting)

    assert (posted[0]["camera"], posted[0]["person"], posted[0]["event"]) == ("door", "zoe-k", "came")


def test_the_pictures_of_a_folder_are_named(taught: "Running", tmp_path: Path) -> None:
    """One line each, also where there is nothing to be named, or no picture at all."""
    (tmp_path / "1-karan.jpg").write_bytes(encode_jpeg(draw(person("karan"), 300.0)))
    (tmp_path / "2-broken.jpg").write_bytes(b"no picture")

    command = [sys.executable, str(EXAMPLES / "name_folder.py"), str(tmp_path)]
    run = subprocess.run(command, env=taught.environment, capture_output=True, text=True, timeout=60, check=True)

    karan, broken = run.stdout.splitlines()
    assert karan == "1-karan.jpg ['karan']"
    assert broken.startswith("2-broken.jpg ")
    assert "JPEG" in broken


def test_the_page_shows_who_comes(taught: "Running", browser: Browser) -> None:
    """Beside Familiar's own page, of one origin with it."""
    page = browser.new_page()
    # Whoever looks has logged in on Familiar's page.
    page.goto(taught.stack.link)
    expect(page.locator("#session")).to_contain_text("owner")
    url = f"{taught.stack.settings.url}/watch.html"
    page.route(url, lambda route: route.fulfill(path=EXAMPLES / "watch.html", content_type="text/html"))
    page.goto(url)
    line = page.locator("#log li", has_text="door: zoe-k came")

    def shown() -> bool:
        say(taught)
        return line.count() > 0

    taught.wait_for("a line for it", shown)
    expect(line.first).to_be_visible()
    page.close()
