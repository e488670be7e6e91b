"""What a camera's source is, and that its password is never shown."""

import shlex
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from familiar.shared.contract.errors import SourceFailed
from familiar.shared.contract.slugs import is_slug
from familiar.shared.contract.source_address import (
    SourceAddress,
    SourceKind,
    parse_cameras,
    parse_source_address,
)


def network_addresses() -> st.SearchStrategy[str]:
    """Give addresses of cameras with passwords that hold a word which stands nowhere else."""
    schemes = st.sampled_from(["rtsp", "RTSP", "http", "https", "srt"])
    hosts = st.sampled_from(["192.0.2.7", "192.0.2.7:554", "[2001:db8::7]", "[2001:db8::7", "192.0.2.7:99999", ""])
    paths = st.sampled_from(["", "/", "/stream", "/stream?size=large", "/video?password=SECRET", "#SECRET"])
    return st.builds(
        lambda scheme, user, begin, end, host, path: f"{scheme}://{user}:{begin}SECRET{end}@{host}{path}",
        *(schemes, st.text(), st.text(), st.text(), hosts, paths),
    )


@pytest.mark.parametrize(
    ("text", "kind", "location"),
    [
        ("0", SourceKind.WEBCAM, "0"),
        ("12", SourceKind.WEBCAM, "12"),
        ("film.mp4", SourceKind.FILE, "film.mp4"),
        ("/data/my pictures/", SourceKind.FILE, "/data/my pictures/"),
        ("2.mp4", SourceKind.FILE, "2.mp4"),
        ("rtsp://192.0.2.7/stream", SourceKind.NETWORK, "rtsp://192.0.2.7/stream"),
        ("https://192.0.2.7/video#loop", SourceKind.NETWORK, "https://192.0.2.7/video#loop"),
        ("synthetic:karan", SourceKind.SYNTHETIC, "karan"),
    ],
)
def test_a_line_of_text_tells_the_kind_of_source(text: str, kind: SourceKind, location: str) -> None:
    """A number is a webcam, a scheme a network camera, and the rest are files and folders."""
    assert parse_source_address(text) == SourceAddress(kind, location)


@pytest.mark.parametrize(
    ("text", "loop", "fast"),
    [
        ("film.mp4#loop", True, False),
        ("film.mp4#fast", False, True),
        ("film.mp4#loop,fast", True, True),
        ("film.mp4#fast,loop", True, True),
        ("film.mp4#", False, False),
    ],
)
def test_options_stand_behind_a_hash(text: str, loop: bool, fast: bool) -> None:  # noqa: FBT001 - the facts
    """In any order, joined by commas."""
    assert parse_source_address(text) == SourceAddress(SourceKind.FILE, "film.mp4", loop=loop, fast=fast)


def test_drawn_people_take_options_too() -> None:
    """The options are no part of the name."""
    assert parse_source_address("synthetic:zoe#fast") == SourceAddress(SourceKind.SYNTHETIC, "zoe", fast=True)


def test_an_option_that_there_is_not_is_refused_with_those_there_are() -> None:
    """A typing error is found at once."""
    with pytest.raises(SourceFailed, match=r"no option loup; there are: fast, loop"):
        parse_source_address("film.mp4#loop,loup")


@pytest.mark.parametrize("text", ["", "#loop"])
def test_a_camera_without_a_source_is_refused_with_what_a_source_is(text: str) -> None:
    """The sentence lists the kinds."""
    with pytest.raises(SourceFailed, match="webcam's number, a file, a folder, an address or synthetic:NAME"):
        parse_source_address(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("0", "0"),
        ("film.mp4#loop", "film.mp4"),
        ("synthetic:zoe", "zoe"),
        ("rtsp://192.0.2.7", "rtsp://192.0.2.7"),
        ("rtsp://192.0.2.7/stream", "rtsp://192.0.2.7"),
        ("rtsp://192.0.2.7:554/stream", "rtsp://192.0.2.7:554"),
        ("rtsp://user:secret@192.0.2.7:554/stream", "rtsp://192.0.2.7:554"),
        ("http://192.0.2.7/video?user=u&password=secret#secret", "http://192.0.2.7"),
        ("rtsp://user:secret@[2001:db8::7]:554/stream", "rtsp://[2001:db8::7]:554"),
        ("rtsp://front-door.local/x", "rtsp://front-door.local"),
    ],
)
def test_an_address_is_shown_without_what_may_be_secret(text: str, shown: str) -> None:
    """What is left still finds the camera; the path is not, as some makers put the password there."""
    assert parse_source_address(text).shown == shown


@pytest.mark.parametrize(
    "text",
    [
        "rtsp://user:secret@192.0.2.7/stream",
        "rtsp://user:a@secret@192.0.2.7/stream",
        "rtsp://user:12/secret@192.0.2.7/stream",
        "rtsp://user:12#secret@192.0.2.7/stream",
        "rtsp://user:a/secret@192.0.2.7/stream",
        "rtsp://user:a#secret@192.0.2.7/stream",
        "rtsp://user:secret@192.0.2.7:99999/stream",
        "rtsp://user:secret@[192.0.2.7/stream",
        "http://192.0.2.7/video?user=zoe@home&password=secret",
        "RTSP://user:secret@192.0.2.7/stream",
        "srt://user:secret@192.0.2.7/stream",
        "rtsp://192.0.2.7/user=admin_password=secret_channel=1_stream=0.sdp",
        "rtsp://192.0.2.7/user=admin&password=secret",
        "rtsp://192.0.2.7/secret",
        "rtsp://192.0.2.7:7441/8f3asecretc21d4",
        "http://192.0.2.7/snapshot.cgi?usr=a&pwd=secret",
        "http://192.0.2.7;secret",
        "http://192.0.2.7\\secret",
        "http://user:secret",
        "secret@x://192.0.2.7/",
        "rtsp:/192.0.2.7/user=admin&password=secret",
        "192.0.2.7/user=admin_password=secret_channel=1",
        "http//192.0.2.7/snapshot.cgi?usr=a&pwd=secret",
        "192.0.2.7/snapshot.cgi?usr=a&pwd=secret#secret",
    ],
)
def test_a_password_is_never_shown(text: str) -> None:
    """Not in the address for people, and not in the error where it cannot be read."""
    try:
        said = parse_source_address(text).shown
    except SourceFailed as error:
        said = error.detail
    assert "secret" not in said


@pytest.mark.parametrize(
    "address",
    [
        "rtsp://user:word@192.0.2.7/stream",
        "rtsp://user@192.0.2.7/stream",
        "http://192.0.2.7/video?size=large",
        "http://192.0.2.7/video#word",
        "rtsp://192.0.2.7/user=admin_password=word_channel=1",
        "rtsp://192.0.2.7/user=admin&password=word",
        "rtsp://192.0.2.7/mypassword/stream",
        "rtsps://192.0.2.7:7441/Kx9QmZtRwPbYnL",
        "http://192.0.2.7/8f3a9c21d4/stream",
        "http://192.0.2.7/abcdefghijklmnopqrstuvwxyz",
        "http://192.0.2.7/%73ecret",
        "http://192.0.2.7/p\N{LATIN SMALL LETTER A WITH ACUTE}ss",
        "rtsp:/user:word@192.0.2.7/stream",
        "192.0.2.7/snapshot.cgi?usr=a&pwd=word",
    ],
)
def test_what_may_be_a_secret_is_known_for_it(address: str) -> None:
    """Whatever is no plain path, so that `familiar up` takes it from the environment alone."""
    assert parse_source_address(address).may_hold_a_secret


@pytest.mark.parametrize(
    "address",
    [
        *("0", "film.mp4#loop", "/data/film = 1.mp4", "synthetic:zoe", "rtsp://192.0.2.7", "rtsp://192.0.2.7:554/"),
        *("rtsp://192.0.2.7/stream1", "rtsp://192.0.2.7/Streaming/Channels/101", "http://[2001:db8::7]/video.mjpg"),
        *("rtsp://192.0.2.7/live/ch00_0", "rtsp://192.0.2.7/axis-media/media.amp", "rtsp://192.0.2.7/cam/realmonitor"),
    ],
)
def test_a_plain_address_holds_no_secret(address: str) -> None:
    """The usual paths of cameras may stand on a command line."""
    assert not parse_source_address(address).may_hold_a_secret


@given(network_addresses(), st.text())
def test_no_password_of_any_address_is_shown(address: str, tail: str) -> None:
    """Whatever letters it has, and whatever stands behind the host."""
    assert "SECRET" not in parse_source_address(address + tail).shown
    assert "SECRET" not in repr(parse_source_address(address + tail))


@given(st.sampled_from(["rtsp:/", "rtsp:", "rtsp//", ""]), st.text(), st.text(), st.text(), st.text())
def test_an_address_with_a_slip_in_it_shows_no_password_either(
    scheme: str, user: str, begin: str, end: str, tail: str
) -> None:
    """It is taken for a file, of which every other name is shown."""
    written = f"{scheme}{user}:{begin}SECRET{end}@192.0.2.7/{tail}"
    try:
        said = parse_source_address(written).shown
    except SourceFailed as error:
        said = error.detail
    assert "SECRET" not in said
    with suppress(ValueError):
        said = parse_cameras(f"door={shlex.quote(written)}")["door"].shown
    assert "SECRET" not in said


@given(st.text())
def test_any_text_is_a_source_or_refused_by_name(text: str) -> None:
    """A user may write anything."""
    try:
        address = parse_source_address(text)
    except SourceFailed:
        return
    assert address.location
    assert address.location in text


@given(
    st.text() | st.lists(st.sampled_from(["door", "=", "0", " ", "'", "\\", "#loop", "yard", "rtsp://"])).map("".join)
)
def test_any_line_of_cameras_is_read_or_refused_in_a_sentence(line: str) -> None:
    """Nothing but a ValueError is raised, which the setting says."""
    with suppress(ValueError):
        assert all(is_slug(name) for name in parse_cameras(line))


def test_an_address_in_a_log_does_not_show_its_password() -> None:
    """The object's own representation leaves it out."""
    assert "secret" not in repr(parse_source_address("rtsp://user:secret@192.0.2.7/stream"))
