"""Tokens on disk: of each its name, its scopes, and the hash of its secret.

A secret has 256 random bits, so nobody can guess one from its hash: a slow hash, as passwords need, would only make
requests slow.
"""

import hashlib
import hmac
import os
import secrets
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock
from pydantic import TypeAdapter, ValidationError

from familiar.shared.access.scopes import Scope
from familiar.shared.contract.errors import BrokenTokens, InvalidName, TokenNameTaken, UnknownToken
from familiar.shared.contract.messages import Message, Time
from familiar.shared.contract.slugs import is_slug
from familiar.shared.runtime.files import write_atomically

FOLDER = "access"
OWNER = "owner"
SECRET_PREFIX = "familiar_"  # noqa: S105 - what every secret begins with, so that scanners of leaked secrets find them
_SECRET_BYTES = 32
_ID_DIGITS = 12


class Token(Message):
    """A token as it is stored."""

    name: str
    sha256: str
    scopes: frozenset[Scope]
    created_at: Time
    expires_at: Time | None

    @property
    def id(self) -> str:
        """What tells it from a token that had its name before: the beginning of the hash."""
        return self.sha256[:_ID_DIGITS]

    @property
    def expired(self) -> bool:
        """Whether its time is over."""
        return self.expires_at is not None and datetime.now(UTC) >= self.expires_at


_FILE = TypeAdapter(tuple[Token, ...])


class TokenStore:
    """The tokens of a FAMILIAR_HOME. Readers notice changes of other processes at once."""

    def __init__(self, home: Path) -> None:
        self.folder = home / FOLDER
        self.owner_file = self.folder / "admin-token"
        self._path = self.folder / "tokens.json"
        self._read: tuple[Token, ...] = ()
        self._read_state: tuple[int, int, int] | None = None

    def tokens(self) -> tuple[Token, ...]:
        """Return all tokens in the order in which they were added, expired ones included.

        Raises:
            BrokenTokens: the file is damaged.
        """
        try:
            state = os.stat(self._path)  # noqa: PTH116 - on every request, and half as fast by way of Path
        except FileNotFoundError:
            return ()
        read_state = (state.st_mtime_ns, state.st_ino, state.st_size)
        if read_state != self._read_state:
            try:
                self._read = _FILE.validate_json(self._path.read_bytes())
            except ValidationError as error:
                # pydantic's message repeats the file.
                raise BrokenTokens(f"{self._path} is damaged. {BrokenTokens().detail}") from error
            self._read_state = read_state
        return self._read

    def find(self, secret: str) -> Token | None:
        """Return the token of a secret, expired or not, or None.

        The hash is compared with every stored one in constant time.
        """
        sha256 = _sha256(secret)
        found = None
        for token in self.tokens():
            if hmac.compare_digest(token.sha256, sha256):
                found = token
        return found

    def add(self, name: str, scopes: Iterable[Scope], expires_at: datetime | None = None) -> str:
        """Add a token, and return its secret, which is stored nowhere.

        Raises:
            InvalidName: the name is not a slug.
            TokenNameTaken: there is a token of that name.
        """
        if not is_slug(name):
            raise InvalidName(f"{name!r} is no name for a token. Use lower-case letters, digits and hyphens.")
        with self._locked():
            if name == OWNER or any(token.name == name for token in self.tokens()):
                raise TokenNameTaken(f"There is a token {name!r} already. Revoke it first, or choose another name.")
            return self._add(name, scopes, expires_at)

    def revoke(self, name: str) -> None:
        """Delete a token.

        Raises:
            UnknownToken: there is none of that name.
        """
        with self._locked():
            tokens = self.tokens()
            kept = tuple(token for token in tokens if token.name != name)
            if kept == tokens:
                raise UnknownToken(f"There is no token {name!r}. {UnknownToken().detail}")
            self._write(kept)
            if name == OWNER:
                self.owner_file.unlink(missing_ok=True)

    def require_admin(self) -> None:
        """Make the owner's token where no token has the scope `admin`, as at the first start."""
        if not any(Scope.ADMIN in token.scopes and not token.expired for token in self.tokens()):
            self.owner_secret()

    def owner_secret(self) -> str:
        """Return the secret of the owner's token, which is kept in `owner_file`; make it where there is none."""
        with self._locked():
            with suppress(FileNotFoundError):
                secret = self.owner_file.read_text(errors="replace").strip()
                known = self.find(secret)
                if known is not None and known.name == OWNER and not known.expired:
                    return secret
            self._write(tuple(token for token in self.tokens() if token.name != OWNER))
            secret = self._add(OWNER, [Scope.ADMIN], None)
            write_atomically(self.owner_file, f"{secret}\n".encode())
            return secret

    def _add(self, name: str, scopes: Iterable[Scope], expires_at: datetime | None) -> str:
        secret = SECRET_PREFIX + secrets.token_urlsafe(_SECRET_BYTES)
        added = Token(
            name=name,
            sha256=_sha256(secret),
            scopes=frozenset(scopes),
            created_at=datetime.now(UTC),
            expires_at=expires_at,
        )
        self._write((*self.tokens(), added))
        return secret

    def _write(self, tokens: tuple[Token, ...]) -> None:
        # A partial file, and so the file that replaces the old one, is its owner's alone to read.
        write_atomically(self._path, _FILE.dump_json(tokens, indent=2))

    def _locked(self) -> FileLock:
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.folder.stat().st_mode & 0o077:
            self.folder.chmod(0o700)
        return FileLock(self.folder / "tokens.lock", mode=0o600)


def _sha256(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()
