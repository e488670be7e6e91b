"""What HTTP frameworks read before a route does: request lines, headers, media types, charsets, multipart bodies."""

import json
import select
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException, HTTPResponse

from hypothesis import strategies as st

from familiar.shared.access.token_store import TokenStore
from tests.colour_crops import RED, crop_of
from tests.fuzzing.door import Door, Fault, Outcome
from tests.fuzzing.ground import Ground
from tests.fuzzing.services import INFERENCE, PATIENCE_SECONDS, Services, services_of
from tests.fuzzing.site import judge_answer
from tests.odd_entries import odd_json
from tests.pictures import damaged, damaged_pictures

_CHARSETS = (
    "utf-8",
    "idna",
    "punycode",
    "undefined",
    "rot13",
    "hex",
    "zlib",
    "utf-7",
    "utf-16",
    "unicode_escape",
    "a\0b",
    "",
    "mbcs",
    "x" * 300,
)
_BOUNDARIES = ("x", "", "x" * 300, "-", "\xff", '"x"', "x y", "x; charset=idna")
_MEDIA_TYPES = (
    "image/jpeg",
    "image/png",
    "text/plain",
    "multipart/form-data",
    "application/json",
    "",
    "/",
    ";",
    "\xff",
    "image/*",
)
_PATHS = (
    "/v1/predictions",
    "/v1/predictions?crop=true",
    "/v1/strangers",
    "/v1/training-jobs",
    "/v1/corrections",
    "/v1/enrolments",
)
# A whole request is answered by then; of another one, more is waited for.
_WHOLE_SECONDS = 0.1
_ODD_HEADERS = st.lists(
    st.sampled_from(
        [
            *(
                "Host: evil",
                "Host: 127.0.0.1",
                "Content-Length: -1",
                "Content-Length: 5",
                "Content-Length: 9" + "9" * 30,
            ),
            *("Transfer-Encoding: chunked", "Transfer-Encoding: x", "Expect: 100-continue", "Upgrade: websocket"),
            *(
                "Last-Event-ID: x",
                "Origin: null",
                "Origin: http://evil",
                "Sec-Fetch-Site: cross-site",
                "Range: bytes=0-",
            ),
            *(
                "Authorization: Bearer wrong",
                "Authorization: Bearer \xff",
                "Authorization: x",
                "Cookie: familiar_token_1=\xe9",
            ),
            *(
                "X: " + "y" * 30_000,
                "no colon",
                ": no name",
                "a b: c",
                "Connection: close",
                "Content-Encoding: gzip",
                "\0: \0",
            ),
        ]
    ),
    max_size=3,
)


@contextmanager
def open_door(ground: Ground) -> Iterator[Door]:
    """Send bytes to inference, which serves a taught home."""
    with services_of(ground, INFERENCE) as services:
        secret = TokenStore(services.home).owner_secret()
        host, port = services.http.base_url.host, services.http.base_url.port or 0

        def send(request: bytes) -> list[Outcome]:
            return [_answer_to(host, port, request)]

        def look() -> None:
            services.require_sound()
            _require_recognition(services)

        requests = _requests(f"127.0.0.1:{port}", secret)
        # Trainings are accepted until there are as many as may wait.
        yield Door(requests | requests | damaged(requests), send, processes=services.processes, look=look)


def _requests(host: str, secret: str) -> st.SearchStrategy[bytes]:
    """Give requests of bytes, most of them with a body that could be of some type."""
    picture = st.just(crop_of(RED)) | damaged_pictures() | st.binary(max_size=60)
    boundary, charset = st.just("x") | st.sampled_from(_BOUNDARIES), st.just("utf-8") | st.sampled_from(_CHARSETS)
    multipart = st.builds(_multipart, boundary, charset, picture, st.sampled_from([0, 1, 120]))
    plain = st.tuples(
        st.just("image/jpeg") | st.sampled_from(_MEDIA_TYPES),
        picture | odd_json({"epochs": 3, "camera": "door", "name": "Zoe"}),
    )
    return st.builds(
        lambda path, typed, headers: _request(path, host, secret, typed, headers),
        st.sampled_from(_PATHS),
        multipart | plain,
        st.just([]) | st.just([]) | _ODD_HEADERS,
    )


def _multipart(boundary: str, charset: str, picture: bytes, fields: int) -> tuple[str, bytes]:
    """Give a multipart body of a picture and other fields, and its media type with a charset."""
    mark = boundary.encode("latin-1")
    head = b"\r\nContent-Disposition: form-data; name="
    part = (
        b"--"
        + mark
        + head
        + b'"image"; filename="\xff\x00.jpg"\r\nContent-Type: image/jpeg; charset='
        + charset.encode()
    )
    more = b"".join(b"--" + mark + head + b"f\xe9%d\r\n\r\nx\xff\r\n" % number for number in range(fields))
    body = part + b"\r\n\r\n" + picture + b"\r\n" + more + b"--" + mark + b"--\r\n"
    return f"multipart/form-data; boundary={boundary}; charset={charset}", body


def _request(path: str, host: str, secret: str, typed: tuple[str, bytes], headers: list[str]) -> bytes:
    media_type, body = typed
    lines = [f"POST {path} HTTP/1.1", f"Host: {host}", f"Authorization: Bearer {secret}", f"Content-Type: {media_type}"]
    lines += [f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def _answer_to(host: str, port: int, request: bytes) -> Outcome:
    """Send a request, and judge the first answer; a connection that is closed without one is refused, too."""
    with socket.create_connection((host, port), timeout=PATIENCE_SECONDS) as connection:
        try:
            connection.sendall(request)
            if not select.select([connection], [], [], _WHOLE_SECONDS)[0]:
                # More of the request is waited for, and nothing more comes.
                connection.shutdown(socket.SHUT_WR)
            answer = HTTPResponse(connection)
            answer.begin()
            body = answer.read()
        except TimeoutError as error:
            raise Fault("there is no answer") from error
        except (HTTPException, OSError):
            return Outcome.REFUSED
    return judge_answer("a request of bytes", answer.status, answer.headers.get("content-type", ""), body)


def _require_recognition(services: Services) -> None:
    headers = {"content-type": "image/jpeg"}
    answer = services.http.post("/v1/predictions?crop=true", content=crop_of(RED), headers=headers)
    if answer.status_code != 200 or json.loads(answer.content)["faces"][0]["person"] != "rob":
        raise Fault(f"a face is not recognised any more: {answer.text}")
