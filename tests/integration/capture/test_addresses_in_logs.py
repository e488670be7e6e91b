"""A camera's address and its password: in no log of capture, not in Redis, and not on a command line."""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from familiar.cli.stack.local_stack import free_port
from familiar.shared.redis.cameras import CameraState, live_cameras
from tests.command_line import familiar

DEADLINE_SECONDS = 60.0
SECRET = "hunter2"  # noqa: S105 - of a camera that there is not


@pytest.fixture
def refusing() -> Iterator[int]:
    """Give the port of a network camera that knows no address, over RTSP and over HTTP."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_refuse, args=(server,), daemon=True).start()
        yield server.getsockname()[1]


def _refuse(server: socket.socket) -> None:
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        with connection:
            asked = connection.recv(4096).decode(errors="replace")
            number = next((line for line in asked.splitlines() if line.startswith("CSeq")), "CSeq: 1")
            protocol = "RTSP/1.0" if "RTSP" in asked else "HTTP/1.0"
            connection.sendall(f"{protocol} 404 Not Found\r\n{number}\r\n\r\n".encode())


def test_what_fails_to_open_is_told_without_its_address(
    client: redis.Redis, redis_url: str, refusing: int, tmp_path: Path
) -> None:
    """Decoders print what they open; nothing of capture's output, and nothing in Redis, has a password or a path."""
    film = tmp_path / f"{SECRET}.mp4"
    film.write_text("no film")
    sources = [
        f"http://127.0.0.1:{refusing}/user=admin_password={SECRET}?x={SECRET}",
        f"rtsp://127.0.0.1:{refusing}/user=admin&password={SECRET}/",
        f"rtsp://admin:{SECRET}@127.0.0.1:{free_port()}/{SECRET}",
        f"nosuch://admin:{SECRET}@127.0.0.1/{SECRET}",
    ]
    cameras = " ".join(f"'camera-{number}={source}'" for number, source in enumerate((*sources, film)))
    environment = {**os.environ, "FAMILIAR_CAMERAS": cameras, "REDIS_URL": redis_url, "FAMILIAR_CAMERA_PORT": "0"}
    command = [sys.executable, "-m", "familiar.services.capture"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.STDOUT, stdout=subprocess.PIPE, text=True) as run:
        try:
            until = time.monotonic() + DEADLINE_SECONDS
            while [camera.state for camera in live_cameras(client)] != [CameraState.FAILING] * 5:
                assert time.monotonic() < until, live_cameras(client)
                time.sleep(0.05)
            announced = {camera.source for camera in live_cameras(client)}
        finally:
            run.terminate()
            said, _ = run.communicate(timeout=DEADLINE_SECONDS)
    assert said.count("camera fails") >= 5
    assert SECRET not in said
    assert "127.0.0.1" in str(announced)
    assert SECRET not in str(announced - {str(film)})
    # Every line is of the log, and none of a decoder.
    assert all("[" in line and "service" in line for line in said.splitlines()), said


@pytest.mark.parametrize(
    "address",
    [
        f"rtsp://admin:{SECRET}@192.0.2.7/stream",
        f"rtsp://192.0.2.7/user=admin_password={SECRET}",
        f"rtsp://192.0.2.7/user=admin&password={SECRET}",
        f"http://192.0.2.7/snapshot.cgi?usr=a&pwd={SECRET}",
        f"rtsp:/admin:{SECRET}@192.0.2.7/stream",
    ],
)
def test_an_address_that_may_hold_a_password_is_refused_on_the_command_line(address: str, home: Path) -> None:
    """Every user of a machine can list the command lines of others; the sentence says where it belongs."""
    ran = familiar("up", "--camera", f"yard={address}", FAMILIAR_HOME=str(home))
    assert ran.returncode == 1
    assert "FAMILIAR_CAMERAS" in ran.stderr
    assert SECRET not in ran.stdout + ran.stderr
