"""Commands whose address leads to something else, or whose token is none: a sentence, and no traceback."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from familiar.cli.stack.local_stack import free_port
from tests.colour_crops import RED, crop_of
from tests.command_line import familiar


class Something(BaseHTTPRequestHandler):
    """Answers every request in the same way, until it is told another one."""

    status, body = 200, b""

    def do_POST(self) -> None:
        """Answer."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[str]:
    """Give the address of a server that is not inference."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Something) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def picture(tmp_path: Path) -> str:
    """Give the path of a picture."""
    path = tmp_path / "face.jpg"
    path.write_bytes(crop_of(RED))
    return str(path)


@pytest.mark.parametrize("status", [200, 302, 401, 404, 500])
@pytest.mark.parametrize("body", [b"", b"<html>", b"{}", b'{"detail": 7}', b"\xff"])
def test_what_answers_and_is_not_inference_is_named(
    home: Path, elsewhere: str, picture: str, status: int, body: bytes
) -> None:
    """With what to set."""
    Something.status, Something.body = status, body
    ran = familiar("predict", picture, FAMILIAR_URL=elsewhere, FAMILIAR_HOME=str(home))
    assert ran.returncode == 1
    assert f"What answers at {elsewhere}/v1/predictions is not inference" in ran.stderr
    assert "FAMILIAR_URL" in ran.stderr


@pytest.mark.parametrize("token", ["é", "a\nb", "\udcff"])
def test_a_token_that_is_none_is_not_sent(home: Path, picture: str, token: str) -> None:
    """No header takes it."""
    ran = familiar("predict", picture, FAMILIAR_TOKEN=token, FAMILIAR_HOME=str(home))
    assert ran.returncode == 1
    assert "What is given as the token is none." in ran.stderr


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("FAMILIAR_URL", "http://[::1"),
        ("FAMILIAR_URL", "127.0.0.1:8000"),
        ("FAMILIAR_CAPTURE_URL", "ws://127.0.0.1:99999"),
        ("FAMILIAR_CAPTURE_URL", "http://127.0.0.1:8001"),
    ],
)
def test_an_address_that_is_none_is_an_invalid_setting(home: Path, picture: str, name: str, url: str) -> None:
    """It is named."""
    ran = familiar("predict", picture, **{name: url, "FAMILIAR_HOME": str(home)})
    assert ran.returncode == 2
    assert ran.stderr.startswith(f"{name}: ")


def test_an_empty_address_of_capture_is_unset(home: Path, picture: str) -> None:
    """As Compose passes it on."""
    address = f"http://127.0.0.1:{free_port()}"
    ran = familiar("predict", picture, FAMILIAR_CAPTURE_URL="", FAMILIAR_URL=address, FAMILIAR_HOME=str(home))
    assert "does not answer" in ran.stderr
