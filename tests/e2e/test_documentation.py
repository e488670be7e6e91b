"""What the documentation shows works as it stands there."""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from familiar.services.capture.synthetic.drawing import draw
from familiar.services.capture.synthetic.looks import person
from familiar.shared.vision.images import encode_jpeg
from tests.builders import block_after

if TYPE_CHECKING:
    from tests.e2e.conftest import Running


def test_the_subscriber_of_the_documentation_reads_predictions(taught: "Running", tmp_path: Path) -> None:
    """Ten lines of redis-py print who is before which camera."""
    script = tmp_path / "subscriber.py"
    script.write_text(block_after("subscriber"))
    command = f"{block_after('reader')}\nexec {shlex.join([sys.executable, str(script)])}"
    with subprocess.Popen(
        ["sh", "-c", command], env=taught.environment, stdout=subprocess.PIPE, text=True
    ) as subscriber:
        try:
            assert subscriber.stdout is not None
            lines = {subscriber.stdout.readline().strip() for _ in range(40)}
        finally:
            subscriber.kill()
    assert "karan ['karan']" in lines
    assert "arjun ['arjun']" in lines


def test_the_browser_camera_of_the_documentation_shows_a_folder_of_pictures(taught: "Running", tmp_path: Path) -> None:
    """Every picture is published, and the camera is there."""
    for second in range(3):
        (tmp_path / f"{second}.jpg").write_bytes(encode_jpeg(draw(person("karan"), second)))
    script = tmp_path / "camera.py"
    port = str(taught.stack.settings.camera_port)
    script.write_text(block_after("browser camera").replace("8001", port))
    command = [sys.executable, str(script), str(tmp_path)]
    with subprocess.Popen(command, env=taught.environment, stdout=subprocess.PIPE, text=True) as camera:
        try:
            assert camera.stdout is not None
            answers = [json.loads(camera.stdout.readline()) for _ in range(6)]
            assert "laptop" in {known["camera"] for known in taught.http.get("/v1/cameras").json()}
        finally:
            camera.kill()
    assert answers == [{"published": number} for number in range(1, 7)]


def test_the_token_of_the_documentation_names_faces_and_does_nothing_else(
    taught: "Running", picture_of_karan: bytes, tmp_path: Path
) -> None:
    """Its file is its user's alone to read, and curl takes it from there."""
    (tmp_path / "party.jpg").write_bytes(picture_of_karan)
    command = block_after("token").replace("8000", str(taught.stack.settings.port))
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    run = subprocess.run(
        ["sh", "-c", command],
        cwd=tmp_path,
        env={**taught.environment, "PATH": path},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert [face["person"] for face in json.loads(run.stdout)["faces"]] == ["karan"]
    header = tmp_path / "party.header"
    assert header.stat().st_mode & 0o077 == 0
    name, value = header.read_text().strip().split(": ")
    assert taught.http.get("/v1/people", headers={name: value}).status_code == 403


def test_a_job_that_plain_rq_enqueues_is_trained(taught: "Running") -> None:
    """`rq enqueue` as it is documented, with fewer epochs, publishes the next version."""
    before = taught.models.current()
    assert before is not None
    command = block_after("enqueue").replace("epochs:=10", "epochs:=1 base_width:=0.25 force:=true")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    run = subprocess.run(
        ["sh", "-c", command],
        env={**taught.environment, "PATH": path},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    taught.wait_until_served(before + 1)
    assert taught.models.manifest(before + 1).options.epochs == 1
