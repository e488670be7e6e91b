"""Asking Familiar over HTTP, and a note of every answer."""

import threading
import time
from dataclasses import dataclass
from typing import Any

import httpx

_TIMEOUT_SECONDS = 60


@dataclass(frozen=True)
class Answer:
    """An answer, and when it was asked for and given, on the monotonic clock."""

    asked: float
    given: float
    request: str
    """Method and path."""
    status: int | None
    """None if the connection failed."""
    code: str | None
    """That of the problem, if it is one."""
    detail: str
    retry_after: str | None

    def __str__(self) -> str:
        """Say what was answered."""
        return f"{self.request}: {self.status or 'no answer'} {self.code or ''} {self.detail}".strip()


class Site:
    """Familiar over HTTP, as its owner. Any number of threads may ask."""

    def __init__(self, url: str, secret: str) -> None:
        """Ask at `url` with a token."""
        self.answers: list[Answer] = []
        self.http = httpx.Client(
            base_url=url, headers={"Authorization": f"Bearer {secret}"}, timeout=_TIMEOUT_SECONDS, trust_env=False
        )
        self._lock = threading.Lock()

    def ask(self, method: str, path: str, **sent: Any) -> httpx.Response | None:  # noqa: ANN401 - httpx's
        """Ask, and note the answer; None if the connection failed."""
        asked = time.monotonic()
        try:
            response = self.http.request(method, path, **sent)
        except httpx.TransportError as error:
            self._note(Answer(asked, time.monotonic(), f"{method} {path}", None, None, repr(error), None))
            return None
        self._note(_answer(asked, f"{method} {path}", response))
        return response

    def _note(self, answer: Answer) -> None:
        with self._lock:
            self.answers.append(answer)


def _answer(asked: float, request: str, response: httpx.Response) -> Answer:
    problem = response.json() if response.headers.get("content-type") == "application/problem+json" else {}
    return Answer(
        asked,
        time.monotonic(),
        request,
        response.status_code,
        problem.get("code"),
        problem.get("detail", "" if response.is_success else response.text[:200]),
        response.headers.get("retry-after"),
    )
