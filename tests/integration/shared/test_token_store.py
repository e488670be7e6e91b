"""Tokens on disk: what is written, who can read it, and that several processes may change it."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from familiar.shared.access.scopes import Scope
from familiar.shared.access.token_store import OWNER, TokenStore
from familiar.shared.contract.errors import BrokenTokens, InvalidName, TokenNameTaken, UnknownToken


@pytest.fixture
def tokens(home: Path) -> TokenStore:
    """Give a store without a token."""
    return TokenStore(home)


def modes(tokens: TokenStore) -> dict[str, str]:
    """Give the rights of the folder and of each file in it."""
    return {path.name: f"{path.stat().st_mode & 0o777:o}" for path in (tokens.folder, *tokens.folder.iterdir())}


def test_only_the_owner_of_the_files_can_read_them(tokens: TokenStore) -> None:
    """Also in a folder that was there before with wider rights."""
    tokens.folder.mkdir(mode=0o755)
    tokens.require_admin()
    tokens.add("phone", [Scope.WATCH])
    assert modes(tokens) == {"access": "700", "tokens.json": "600", "tokens.lock": "600", "admin-token": "600"}


def test_an_owners_file_that_holds_something_else_is_written_anew(tokens: TokenStore) -> None:
    """Bytes that are no text, too."""
    before = tokens.owner_secret()
    tokens.owner_file.write_bytes(b"\xff\xfe\0")
    secret = tokens.owner_secret()
    assert secret != before
    assert tokens.owner_file.read_text().strip() == secret
    assert tokens.find(before) is None


def test_a_secret_is_stored_nowhere(tokens: TokenStore) -> None:
    """But for the owner's, in a file of its own; the others are known by their hashes."""
    secrets = [tokens.add("phone", [Scope.WATCH]), tokens.owner_secret()]
    written = (tokens.folder / "tokens.json").read_text()
    assert not [secret for secret in secrets if secret in written]
    assert [token["name"] for token in json.loads(written)] == ["phone", OWNER]
    # 32 bytes in base64, beside the prefix.
    assert {len(secret) for secret in secrets} == {len("familiar_") + 43}


def test_a_secret_finds_its_token(home: Path, tokens: TokenStore) -> None:
    """For every process that looks, and no other secret does."""
    expiry = datetime(2100, 1, 1, tzinfo=UTC)
    secret = tokens.add("phone", [Scope.WATCH, Scope.METRICS], expiry)
    found = TokenStore(home).find(secret)
    assert found is not None
    assert (found.name, found.scopes, found.expires_at) == ("phone", frozenset({Scope.WATCH, Scope.METRICS}), expiry)
    for wrong in ("", "familiar_", secret[:-1], secret + "x", secret.upper(), found.sha256, "phone", "\udcff"):
        assert TokenStore(home).find(wrong) is None


def test_changes_of_another_process_count_at_once(home: Path, tokens: TokenStore) -> None:
    """Additions and revocations, any number of them."""
    other = TokenStore(home)
    for number in range(20):
        secret = other.add(f"phone-{number}", [Scope.WATCH])
        assert tokens.find(secret) is not None
        other.revoke(f"phone-{number}")
        assert tokens.find(secret) is None


def test_tokens_that_are_added_at_the_same_time_are_all_there(home: Path, tokens: TokenStore) -> None:
    """The file is read and written under a lock."""
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda number: TokenStore(home).add(f"phone-{number}", [Scope.WATCH]), range(40)))
    assert {token.name for token in tokens.tokens()} == {f"phone-{number}" for number in range(40)}


def test_services_that_start_at_the_same_time_make_one_token(home: Path, tokens: TokenStore) -> None:
    """All of them get the same."""
    with ThreadPoolExecutor(8) as threads:
        secrets = set(threads.map(lambda _: TokenStore(home).owner_secret(), range(8)))
    assert len(secrets) == 1
    assert [token.name for token in tokens.tokens()] == [OWNER]


def test_the_first_start_makes_a_token_and_later_ones_none(tokens: TokenStore) -> None:
    """An expired token is none, and one that cannot do everything is not enough."""
    tokens.add("old", [Scope.ADMIN], datetime.now(UTC) - timedelta(seconds=1))
    tokens.add("phone", [Scope.WATCH])
    tokens.require_admin()
    secret = tokens.owner_file.read_text().strip()
    tokens.require_admin()
    assert tokens.owner_secret() == secret
    assert [token.name for token in tokens.tokens()] == ["old", "phone", OWNER]


def test_whoever_revokes_the_owner_s_token_has_another_one_instead(tokens: TokenStore) -> None:
    """A start makes none while there is another administrator; whoever asks for the link gets a new one."""
    first = tokens.owner_secret()
    tokens.add("ann", [Scope.ADMIN])
    tokens.revoke(OWNER)
    tokens.require_admin()
    assert not tokens.owner_file.exists()
    assert tokens.owner_secret() != first
    assert tokens.find(first) is None


def test_an_owner_s_file_that_is_out_of_step_is_written_anew(tokens: TokenStore) -> None:
    """As after a start that was killed half-way, or somebody's edit."""
    tokens.owner_secret()
    tokens.owner_file.write_text("something else")
    found = tokens.find(tokens.owner_secret())
    assert found is not None
    assert [token.name for token in tokens.tokens()] == [OWNER]


def test_names_that_cannot_be_had(tokens: TokenStore) -> None:
    """A name is had once, and the owner's is the owner's."""
    tokens.add("phone", [Scope.WATCH])
    for name in ("phone", OWNER):
        with pytest.raises(TokenNameTaken):
            tokens.add(name, [Scope.WATCH])
    for name in ("", "Phone", "a b", "../x"):
        with pytest.raises(InvalidName):
            tokens.add(name, [Scope.WATCH])
    with pytest.raises(UnknownToken):
        tokens.revoke("tablet")


@pytest.mark.parametrize("written", ["", "{}", "[{}]", '[{"name": "phone"}]', "\x00"])
def test_a_damaged_file_is_an_error_that_does_not_repeat_it(tokens: TokenStore, written: str) -> None:
    """Nobody is let in by it, and nothing is written over it."""
    tokens.add("phone", [Scope.WATCH])
    path = tokens.folder / "tokens.json"
    path.write_text(written)
    for act in (lambda: tokens.find("familiar_x"), lambda: tokens.add("a", [Scope.WATCH]), tokens.require_admin):
        with pytest.raises(BrokenTokens, match=r"tokens\.json is damaged"):
            act()
    assert path.read_text() == written
