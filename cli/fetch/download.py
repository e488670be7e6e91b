"""Resumable download of one large file, verified by SHA-256."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx

from familiar.shared.contract.errors import StrangersUnavailable
from familiar.shared.runtime.files import sha256_of

TIMEOUT_SECONDS = 30.0

# Called with the number of bytes received and the total, None if the server does not send it.
Show = Callable[[int, int | None], None]


@dataclass(frozen=True)
class RemoteFile:
    """A file on a server, and its expected SHA-256."""

    url: str
    sha256: str


def download(remote: RemoteFile, path: Path, show: Show) -> None:
    """Download a file to `path`, or resume its download; until it is verified it is in `<path>.partial`.

    Raises:
        StrangersUnavailable: the network or server failed, or the file has another SHA-256 and was deleted.
        OSError: the disk is full; the partial file is kept.
    """
    partial = path.with_name(f"{path.name}.partial")
    try:
        _receive(remote.url, partial, show)
    except httpx.HTTPError as error:
        reason = str(error) or type(error).__name__
        raise StrangersUnavailable(f"{remote.url} was not downloaded: {reason}. {_what_to_do()}") from error
    found = sha256_of(partial)
    if found != remote.sha256:
        partial.unlink()
        raise StrangersUnavailable(
            f"What came from {remote.url} has SHA-256 {found}, not {remote.sha256}, and was deleted. {_what_to_do()}"
        )
    partial.replace(path)


def _receive(url: str, partial: Path, show: Show) -> None:
    """Request the missing range (RFC 9110 section 14.2); a server without range support sends the whole file."""
    present = partial.stat().st_size if partial.exists() else 0
    headers = {"Accept-Encoding": "identity", **({"Range": f"bytes={present}-"} if present else {})}
    with httpx.stream("GET", url, headers=headers, follow_redirects=True, timeout=TIMEOUT_SECONDS) as response:
        if response.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
            # Nothing is missing.
            return
        response.raise_for_status()
        goes_on = response.status_code == httpx.codes.PARTIAL_CONTENT
        with partial.open("ab" if goes_on else "wb") as file:
            length = response.headers.get("content-length", "")
            total = file.tell() + int(length) if length.isdecimal() else None
            show(file.tell(), total)
            for part in response.iter_raw():
                file.write(part)
                show(file.tell(), total)


def _what_to_do() -> str:
    return StrangersUnavailable().detail
