"""How a process finds Redis: by a setting, by a file, or as its user in its home; with TLS, too."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from benchmarks.processes import running, wait_until
from familiar.cli.settings import CliSettings
from familiar.cli.stack.local_stack import free_port
from familiar.cli.stack.redis_server import find_redis_server
from familiar.services.capture.settings import CaptureSettings
from familiar.services.extractor.settings import ExtractorSettings
from familiar.services.inference.settings import InferenceSettings
from familiar.services.trainer.settings import TrainerSettings
from familiar.shared.contract.errors import RedisUnavailable
from familiar.shared.redis.connection import open_redis, require_redis, trouble_of
from familiar.shared.redis.server_files import write_server_files
from familiar.shared.runtime.redis_address import local_folder
from familiar.shared.runtime.service import load_settings
from familiar.shared.runtime.settings import Settings
from tests.guarded_redis import guarded_redis

OF_USERS = {
    "capture": CaptureSettings,
    "extractor": ExtractorSettings,
    "trainer": TrainerSettings,
    "inference": InferenceSettings,
    "cli": CliSettings,
}

# redis-py takes anything for an option, and raises whatever it is when it connects.
ODD_OPTIONS = ("redis://:secret@h?colour=red", "redis://:secret@h?protocol=9", "redis://:secret@h?socket_timeout=soon")


@pytest.fixture(autouse=True)
def _environment(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REDIS_URL", "REDIS_URL_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("FAMILIAR_HOME", str(home))


@pytest.mark.parametrize(("user", "settings"), OF_USERS.items())
def test_without_a_setting_everybody_finds_the_redis_of_the_home(
    home: Path, user: str, settings: type[Settings]
) -> None:
    """Each as the user of its own."""
    with guarded_redis(local_folder(home)) as guarded:
        client = open_redis(load_settings(settings).redis_url)
        require_redis(client)
        assert {one["user"] for one in guarded.watcher.client_list()} == {user, "watcher"}
        client.close()


@pytest.mark.parametrize("settings", OF_USERS.values())
def test_an_address_in_a_file_is_used_and_one_in_the_environment_first(
    home: Path, monkeypatch: pytest.MonkeyPatch, settings: type[Settings]
) -> None:
    """An empty variable is none, as Docker Compose passes unset ones on."""
    write_server_files(local_folder(home), "unix:///local", (7,))
    file = home / "address"
    file.write_text("redis://somebody:secret@192.0.2.9:6379/0\n")
    monkeypatch.setenv("REDIS_URL", "")
    assert "/local" in load_settings(settings).redis_url
    monkeypatch.setenv("REDIS_URL_FILE", str(file))
    assert load_settings(settings).redis_url == "redis://somebody:secret@192.0.2.9:6379/0"
    monkeypatch.setenv("REDIS_URL", "unix://else:secret@/elsewhere")
    assert load_settings(settings).redis_url == "unix://else:secret@/elsewhere"
    assert "secret" not in repr(load_settings(settings))


@pytest.mark.parametrize("content", [None, "", "a secret", "http://somebody:secret@host", *ODD_OPTIONS])
def test_a_file_without_an_address_is_named_and_not_repeated(home: Path, content: str | None) -> None:
    """It may hold a password all the same."""
    file = local_folder(home) / "cli" / "address"
    if content is not None:
        file.parent.mkdir(parents=True)
        file.write_text(content)
    with pytest.raises(RedisUnavailable, match="familiar up") as caught:
        _ = Settings().redis_url
    assert str(file) in caught.value.detail
    assert "secret" not in caught.value.detail


@pytest.mark.parametrize("address", ODD_OPTIONS)
def test_an_option_that_no_client_has_is_refused_at_the_start(
    address: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And not with a traceback at the first connection."""
    monkeypatch.setenv("REDIS_URL", address)
    with pytest.raises(SystemExit) as ended:
        load_settings(Settings)
    assert ended.value.code == 2
    assert capsys.readouterr().err == "REDIS_URL: write an address such as redis://127.0.0.1:6379/0\n"


@pytest.mark.parametrize("service", ["capture", "trainer"])
def test_a_service_without_an_address_ends_with_a_sentence(service: str) -> None:
    """As before the first `familiar up`."""
    command = [sys.executable, "-m", f"familiar.services.{service}"]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (run.returncode, run.stdout.count("Traceback"), run.stderr.count("Traceback")) == (2, 0, 0)
    assert "There is no address of Redis in" in run.stderr


def test_a_wrong_password_is_said_and_no_password_with_it(home: Path) -> None:
    """Rather than that Redis is away; neither a client nor an error shows it."""
    with guarded_redis(home) as guarded:
        client = open_redis(guarded.address_of("cli").replace("cli:", "cli:secret"))
        with pytest.raises(RedisUnavailable, match="refuses this user or password") as caught:
            require_redis(client)
        with pytest.raises(redis.AuthenticationError) as refused:
            client.get("key")
        assert trouble_of(refused.value) == "Redis refuses this user or password"
        assert "secret" not in f"{caught.value!r} {refused.value!r} {client!r}"
        client.close()


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Give the address of a server that speaks TLS alone, and the certificate that it is trusted by."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("there is no openssl to make a certificate with")
    folder = tmp_path_factory.mktemp("tls")
    key, certificate, log, port = folder / "key.pem", folder / "certificate.pem", folder / "redis.log", free_port()
    subprocess.run(
        [
            *(
                openssl,
                "req",
                "-x509",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-days",
                "2",
                "-keyout",
                key,
                "-out",
                certificate,
            ),
            *("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"),
        ],
        check=True,
        capture_output=True,
    )
    options = {
        "port": "0",
        "tls-port": str(port),
        "bind": "127.0.0.1",
        "tls-cert-file": str(certificate),
        "tls-key-file": str(key),
        "tls-auth-clients": "no",
        "requirepass": "secret",
        "save": "",
    }
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    with running([str(find_redis_server().program), *words], log) as process:
        wait_until(lambda: "Ready to accept" in log.read_text() or process.poll() is not None, process, log)
        if "without TLS" in log.read_text() or process.poll() is not None:
            pytest.skip("the Redis server here was built without TLS")
        yield f"rediss://:secret@localhost:{port}/0", certificate


def test_redis_is_reached_over_tls(tls: tuple[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """With the certificate of its authority; as REDIS_URL says it."""
    address, certificate = tls
    monkeypatch.setenv("REDIS_URL", f"{address}?ssl_ca_certs={certificate}")
    with open_redis(load_settings(CliSettings).redis_url) as client:
        require_redis(client)
        client.set("key", "value")
        assert client.get("key") == b"value"


def test_a_server_with_a_certificate_of_nobody_known_is_refused(tls: tuple[str, Path]) -> None:
    """Its name is not enough."""
    with open_redis(tls[0]) as client, pytest.raises(RedisUnavailable):
        require_redis(client)
