"""Decides whether somebody is let in, by the secrets that they send."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from familiar.shared.access.failed_attempts import FailedAttempts
from familiar.shared.access.scopes import ADMIN_ONLY, Scope, in_words
from familiar.shared.access.token_store import Token, TokenStore
from familiar.shared.contract.errors import (
    BrokenTokens,
    ScopeMissing,
    TokenExpired,
    TokenMissing,
    TokenWrong,
    TooManyAttempts,
)

# The port of the page follows: browsers send a host's cookies to all of its ports, and several Familiars may run there.
COOKIE_PREFIX = "familiar_token_"

_COOKIE = re.compile(rf"(?:^|;\s*){COOKIE_PREFIX}\d*=([\w-]+)")
_MOST_COOKIES = 4
_BEARER = "bearer "

# Whoever asks while access control is off.
EVERYBODY = Token(
    name="everybody", sha256="", scopes=ADMIN_ONLY, created_at=datetime.min.replace(tzinfo=UTC), expires_at=None
)


def secrets_sent(authorization: str | None, cookies: str | None) -> Sequence[str]:
    """Return the secrets in a request's headers Authorization and Cookie; the former goes before the latter."""
    if authorization and authorization[: len(_BEARER)].lower() == _BEARER:
        return [authorization[len(_BEARER) :].strip()]
    return _COOKIE.findall(cookies)[:_MOST_COOKIES] if cookies else []


class Guard:
    """Lets in whoever sends the secret of a token with the right scope."""

    def __init__(self, tokens: TokenStore, *, everybody: bool) -> None:
        """With `everybody`, access control is off."""
        self._tokens = tokens
        self._everybody = everybody
        self._failed = FailedAttempts()
        self._admitted: set[str] = set()

    def admit(self, sent: Sequence[str], address: str, allowed: frozenset[Scope]) -> Token:
        """Return the token of one of the secrets, if its scopes are allowed.

        An address that has sent too many wrong secrets is not listened to for a moment, except with tokens that were
        admitted before: whoever works here already is not locked out by those who guess.

        Raises:
            TokenMissing: no secret was sent.
            TokenWrong: no token has such a secret, or has it no more.
            TokenExpired: its time is over.
            TooManyAttempts: the address has sent too many wrong ones.
            ScopeMissing: the token is good for other things.
        """
        if self._everybody:
            return EVERYBODY
        if not sent:
            raise TokenMissing
        found = [token for secret in sent if (token := self._tokens.find(secret))]
        if self._failed.full(address) and not any(token.sha256 in self._admitted for token in found):
            raise TooManyAttempts
        if not found:
            self._failed.count(address)
            raise TokenWrong
        valid = [token for token in found if not token.expired]
        if not valid:
            raise TokenExpired
        self._admitted.update(token.sha256 for token in valid)
        for token in valid:
            if token.scopes & allowed:
                return token
        raise ScopeMissing(
            f"The token {valid[0].name!r} has the scope {' and '.join(sorted(valid[0].scopes))}; this takes "
            f"{in_words(allowed)}. {ScopeMissing().detail}"
        )

    def holder(self, sent: Sequence[str]) -> Token | None:
        """Return the token of one of the secrets, whatever it is good for and expired or not, or None."""
        try:
            return next(filter(None, map(self._tokens.find, sent)), None)
        except (BrokenTokens, OSError):
            return None

    def is_valid(self, token: Token) -> bool:
        """Return whether a token that was admitted would be admitted again."""
        if token is EVERYBODY:
            return True
        try:
            return token in self._tokens.tokens() and not token.expired
        except (BrokenTokens, OSError):
            return False
