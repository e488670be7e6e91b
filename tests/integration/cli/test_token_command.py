"""familiar token, and how commands come by theirs."""

import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from familiar.cli.own_token import authorization
from familiar.cli.settings import CliSettings
from familiar.shared.access.scopes import Scope
from familiar.shared.access.token_store import TokenStore
from familiar.shared.contract.errors import TokenMissing
from tests.app_client import bearer
from tests.command_line import Ran, familiar
from tests.serving import Serving


def token(home: Path, *arguments: str, **environment: str) -> Ran:
    """Run `familiar token` on a home."""
    return familiar("token", *arguments, FAMILIAR_HOME=str(home), **environment)


def test_a_token_is_added_listed_and_revoked(home: Path) -> None:
    """Its secret is printed once, alone on standard output."""
    added = token(home, "add", "doorbell", "--scope", "camera", "--scope", "predict", "--expires", "30d")
    assert added.returncode == 0, added.stderr
    found = TokenStore(home).find(added.stdout.strip())
    assert found is not None
    assert found.scopes == {Scope.CAMERA, Scope.PREDICT}
    assert found.expires_at is not None
    assert timedelta(days=29) < found.expires_at - datetime.now(UTC) <= timedelta(days=30)

    listed = token(home, "list").stdout
    assert "doorbell" in listed
    assert "predict camera" in listed
    assert f"{found.expires_at:%Y-%m-%d}" in listed
    assert added.stdout.strip() not in listed
    assert found.sha256 not in listed

    assert token(home, "revoke", "doorbell").returncode == 0
    assert TokenStore(home).tokens() == ()
    assert token(home, "revoke", "doorbell").returncode == 1


def test_the_owner_s_link_is_shown_again_and_again(home: Path) -> None:
    """With the port at which the page is; the token is in the fragment, which no browser sends."""
    shown = {token(home, "show", FAMILIAR_PORT="8123").stdout for _ in range(2)}
    secret = TokenStore(home).owner_secret()
    assert shown == {f"http://127.0.0.1:8123/#token={secret}\n"}


@pytest.mark.parametrize("arguments", [["--scope", "root"], [], ["--scope", "watch", "--expires", "soon"]])
def test_a_token_that_makes_no_sense_is_refused(home: Path, arguments: list[str]) -> None:
    """And nothing is stored."""
    assert token(home, "add", "phone", *arguments).returncode != 0
    assert TokenStore(home).tokens() == ()


def test_commands_send_the_token_of_the_file_before_that_of_the_variable_before_the_owner_s(home: Path) -> None:
    """Without any they send none."""
    assert authorization(CliSettings(home=home)) == {}
    secret = TokenStore(home).owner_secret()
    assert authorization(CliSettings(home=home)) == bearer(secret)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FAMILIAR_TOKEN", "")
        patch.setenv("FAMILIAR_TOKEN_FILE", "")
        assert authorization(CliSettings(home=home)) == bearer(secret)
        patch.setenv("FAMILIAR_TOKEN", "of-the-variable")
        settings = CliSettings(home=home)
        assert authorization(settings) == bearer("of-the-variable")
        assert "of-the-variable" not in repr(settings)
        (home / "token").write_text("of-the-file\n")
        patch.setenv("FAMILIAR_TOKEN_FILE", str(home / "token"))
        assert authorization(CliSettings(home=home)) == bearer("of-the-file")
        patch.setenv("FAMILIAR_TOKEN_FILE", str(home / "gone"))
        with pytest.raises(TokenMissing, match="FAMILIAR_TOKEN_FILE"):
            authorization(CliSettings(home=home))


def test_a_command_whose_token_is_refused_says_so_once(inference: Serving, home: Path, tmp_path: Path) -> None:
    """And not for every picture."""
    pictures = [tmp_path / "a.jpg", tmp_path / "b.jpg"]
    for picture in pictures:
        picture.write_bytes(b"no picture")
    url = str(inference.http.base_url)
    watch = inference.tokens.add("watcher", [Scope.WATCH])
    for environment, words in (
        ({}, "familiar token show"),
        ({"FAMILIAR_TOKEN": "familiar_x"}, "revoked"),
        ({"FAMILIAR_TOKEN": watch}, "predict"),
    ):
        ran = familiar("predict", *map(str, pictures), FAMILIAR_HOME=str(home), FAMILIAR_URL=url, **environment)
        assert ran.returncode == 1
        assert len(ran.stderr.splitlines()) == 1, ran.stderr
        assert words in ran.stderr
        assert watch not in ran.stderr
    right = familiar(
        "predict", str(pictures[0]), FAMILIAR_URL=url, FAMILIAR_TOKEN_FILE=str(inference.tokens.owner_file)
    )
    assert "a.jpg" in right.stderr


@pytest.mark.parametrize("service", ["capture", "inference"])
@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "studio.example"])  # noqa: S104 - it is refused
def test_open_access_is_refused_where_others_can_reach_it(home: Path, redis_url: str, service: str, host: str) -> None:
    """Before anything is served, with a sentence that names the setting."""
    environment = {
        **os.environ,
        "FAMILIAR_HOME": str(home),
        "REDIS_URL": redis_url,
        "FAMILIAR_ACCESS": "open",
        "FAMILIAR_HOST": host,
    }
    command = [sys.executable, "-m", f"familiar.services.{service}"]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 2
    assert re.fullmatch(r"FAMILIAR_ACCESS: .*FAMILIAR_HOST to 127\.0\.0\.1\n", run.stderr)
