"""FAMILIAR_CAMERAS: several cameras in one line, and what is wrong with a line that makes no sense."""

import pytest
from pydantic import ValidationError

from familiar.services.capture.settings import CaptureSettings
from familiar.shared.contract.source_address import SourceAddress, SourceKind
from familiar.shared.runtime.service import load_settings


@pytest.fixture
def set_cameras(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Give an environment of nothing that Familiar reads."""
    for name in ("FAMILIAR_CAMERAS", "FAMILIAR_HOME", "REDIS_URL", "FAMILIAR_LOG_FORMAT"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def test_cameras_are_read_from_the_environment_with_blanks_between_them(set_cameras: pytest.MonkeyPatch) -> None:
    """Any number of blanks and line ends."""
    set_cameras.setenv("FAMILIAR_CAMERAS", " door=0  yard=rtsp://192.0.2.7/stream\nhall=synthetic:zoe ")
    assert CaptureSettings().cameras == {
        "door": SourceAddress(SourceKind.WEBCAM, "0"),
        "yard": SourceAddress(SourceKind.NETWORK, "rtsp://192.0.2.7/stream"),
        "hall": SourceAddress(SourceKind.SYNTHETIC, "zoe"),
    }


@pytest.mark.parametrize("quoted", ["film='my film.mp4#loop'", 'film="my film.mp4#loop"', "'film=my film.mp4#loop'"])
def test_quotes_hold_together_what_has_blanks(set_cameras: pytest.MonkeyPatch, quoted: str) -> None:
    """Around the source or around all of it."""
    set_cameras.setenv("FAMILIAR_CAMERAS", f"{quoted} door=0")
    assert CaptureSettings().cameras["film"] == SourceAddress(SourceKind.FILE, "my film.mp4", loop=True)


def test_an_equals_sign_in_an_address_belongs_to_it(set_cameras: pytest.MonkeyPatch) -> None:
    """Only the first one separates."""
    set_cameras.setenv("FAMILIAR_CAMERAS", "yard=http://192.0.2.7/video?size=large")
    assert CaptureSettings().cameras["yard"].location == "http://192.0.2.7/video?size=large"


def test_no_cameras_are_none(set_cameras: pytest.MonkeyPatch) -> None:
    """Capture may run without any, and so may a line that is empty."""
    assert CaptureSettings().cameras == {}
    set_cameras.setenv("FAMILIAR_CAMERAS", "  ")
    assert CaptureSettings().cameras == {}


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("door", "camera 1: write name=source"),
        ("=0", "write name=source"),
        ("Front=0", "camera 1: write name=source, the name in lower-case letters, digits and hyphens"),
        ("../x=0", "write name=source"),
        ("door=0 door=1", "'door' is named twice"),
        ("door=", "The camera has no source"),
        ("door=film.mp4#loup", "There is no option loup"),
        ("film='my film.mp4", "quot"),
    ],
)
def test_a_line_that_makes_no_sense_ends_the_start_with_a_sentence(
    set_cameras: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], line: str, sentence: str
) -> None:
    """One line on standard error that names the setting, and no traceback."""
    set_cameras.setenv("FAMILIAR_CAMERAS", line)
    with pytest.raises(SystemExit) as ended:
        load_settings(CaptureSettings)
    (said,) = capsys.readouterr().err.splitlines()
    assert ended.value.code == 2
    assert said.startswith("FAMILIAR_CAMERAS: ")
    assert sentence in said


@pytest.mark.parametrize(
    "line",
    [
        "rtsp://user:secret@192.0.2.7/stream",
        "rtsp://user:secret@192.0.2.7/stream?size=large",
        "yard=rtsp://user:secret@192.0.2.7/stream yard=0",
        "Yard=rtsp://user:secret@192.0.2.7/stream",
    ],
)
def test_a_line_that_makes_no_sense_does_not_show_its_passwords(
    set_cameras: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], line: str
) -> None:
    """Standard error goes into logs."""
    set_cameras.setenv("FAMILIAR_CAMERAS", line)
    with pytest.raises(SystemExit):
        load_settings(CaptureSettings)
    assert "secret" not in capsys.readouterr().err


def test_settings_are_shown_without_cameras_and_without_the_address_of_redis(set_cameras: pytest.MonkeyPatch) -> None:
    """Both may hold passwords."""
    set_cameras.setenv("FAMILIAR_CAMERAS", "yard=rtsp://user:secret@192.0.2.7/stream")
    set_cameras.setenv("REDIS_URL", "redis://:secret@192.0.2.9:6379/0")
    assert "secret" not in repr(CaptureSettings())


def test_settings_never_change(set_cameras: pytest.MonkeyPatch) -> None:
    """They are what the process was started with."""
    set_cameras.setenv("FAMILIAR_CAMERAS", "door=0")
    settings = CaptureSettings()
    with pytest.raises(ValidationError, match="frozen"):
        settings.cameras = {}


@pytest.mark.parametrize("address", ["localhost:6379", "redis://:se/cret@127.0.0.1:6379/0", "http://127.0.0.1"])
def test_an_address_of_redis_that_is_none_ends_the_start_with_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], address: str
) -> None:
    """It says what to write, and repeats no password."""
    monkeypatch.setenv("REDIS_URL", address)
    with pytest.raises(SystemExit):
        load_settings(CaptureSettings)
    said = capsys.readouterr().err
    assert said == "REDIS_URL: write an address such as redis://127.0.0.1:6379/0\n"
