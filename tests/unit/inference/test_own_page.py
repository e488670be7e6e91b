"""Which pages may open a camera: Familiar's own, on the host that was asked."""

import pytest

from familiar.services.capture.handshake import is_own_page
from familiar.shared.runtime.host_header import host_name


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("http://localhost:8000", "localhost"),
        ("http://127.0.0.1:8000", "127.0.0.1"),
        ("http://[::1]:8000", "::1"),
        ("http://studio.example:8000", "studio.example"),
        ("https://studio.example", "studio.example"),
    ],
)
def test_familiar_s_page_may(origin: str, host: str) -> None:
    """Under another name than this machine's it may stand behind a proxy."""
    assert is_own_page(origin, host, 8000)


@pytest.mark.parametrize(("origin", "port"), [("http://localhost", 80), ("https://localhost", 443)])
def test_a_browser_leaves_the_scheme_s_port_out(origin: str, port: int) -> None:
    """The page may be served there, and on no other port."""
    assert is_own_page(origin, "localhost", port)
    assert not is_own_page(origin, "localhost", 8000)


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("http://localhost:3000", "localhost"),
        ("http://localhost", "localhost"),
        ("http://evil.example:8000", "localhost"),
        ("http://localhost:8000", "127.0.0.1"),
        ("http://localhost:port", "localhost"),
        ("null", "localhost"),
        ("", "localhost"),
    ],
)
def test_no_other_page_may(origin: str, host: str) -> None:
    """Another port of this machine is another site."""
    assert not is_own_page(origin, host, 8000)


@pytest.mark.parametrize(
    ("header", "name"),
    [("localhost:8001", "localhost"), ("Studio.example", "studio.example"), ("[::1]:8001", "::1"), ("", None)],
)
def test_the_name_is_read_out_of_a_host_header(header: str, name: str | None) -> None:
    """Without the port."""
    assert host_name(header) == name


def test_a_host_header_that_is_none_has_no_name() -> None:
    """A bracket that is not closed."""
    assert host_name("[::1") is None
