"""A browser's camera through all processes: pictures go in over a WebSocket, and names come out on the stream."""

import itertools
import json
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from websockets import Origin
from websockets.sync.client import connect

from familiar.cli.watch import predictions
from familiar.services.capture.synthetic.drawing import draw
from familiar.services.capture.synthetic.looks import person
from familiar.shared.vision.images import encode_jpeg

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from tests.e2e.conftest import Running

FACES = 20


def test_whoever_stands_before_a_browser_s_camera_is_named(
    taught: "Running", home: Path, start_stack: Callable[[Path, str], "AbstractContextManager[Running]"]
) -> None:
    """The next picture is sent when the one before is published, as the page does."""
    shutil.copytree(taught.stack.settings.home / "models", home / "models")
    with start_stack(home, "") as stack:
        settings = stack.stack.settings
        stopped = threading.Event()

        def show_karan() -> None:
            address = f"ws://127.0.0.1:{settings.camera_port}/v1/cameras/laptop"
            origin = Origin(f"http://127.0.0.1:{settings.port}")
            headers = {"Authorization": stack.http.headers["Authorization"]}
            with connect(address, origin=origin, compression=None, additional_headers=headers) as camera:
                for number in itertools.count():
                    camera.send(encode_jpeg(draw(person("karan"), 100 + number / 10)))
                    assert json.loads(camera.recv(timeout=30)) == {"published": number + 1}
                    if stopped.wait(0.1):
                        return

        browser = threading.Thread(target=show_karan)
        browser.start()
        try:
            named = list(itertools.islice(predictions(stack.client, seconds=60), FACES))
            (camera,) = stack.http.get("/v1/cameras").json()
        finally:
            stopped.set()
            browser.join()
        assert {prediction.camera for prediction in named} == {"laptop"}
        people = [face.person for prediction in named for face in prediction.faces]
        assert set(people) <= {"karan", None}
        assert people.count("karan") > FACES / 2
        assert (camera["camera"], camera["source"], camera["state"]) == ("laptop", "browser", "running")
        stack.wait_for("the camera to end", lambda: _states(stack) == ["ended"])


def _states(stack: "Running") -> list[str]:
    return [camera["state"] for camera in stack.http.get("/v1/cameras").json()]
