"""familiar token: add, list and revoke tokens, and show the owner's."""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from rich.table import Table

from familiar.cli.console import err, out
from familiar.cli.settings import CliSettings
from familiar.shared.access.scopes import Scope
from familiar.shared.access.token_store import Token, TokenStore
from familiar.shared.contract.errors import InvalidRequest
from familiar.shared.runtime.service import load_settings
from familiar.shared.runtime.settings import SiteSettings

token_app = typer.Typer(help="Tokens: who may ask inference and capture, and for what.", no_args_is_help=True)

_DURATION = re.compile(r"([1-9]\d{0,4})([mhdw])")
_UNITS = {
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}


@token_app.command()
def add(
    name: Annotated[str, typer.Argument(help="What it is called, such as `doorbell`: lower-case letters, digits, -.")],
    scope: Annotated[list[Scope], typer.Option(help="What it may do; may be given again.")],
    expires: Annotated[str | None, typer.Option(help="After how long it ends: 90m, 12h, 30d or 8w.")] = None,
) -> None:
    """Add a token, and print its secret: once, as only its hash is kept."""
    expires_at = None if expires is None else datetime.now(UTC) + _duration(expires)
    secret = _store().add(name, scope, expires_at)
    err.print(f"The token {name}; nobody can show it again:", markup=False, highlight=False)
    out.print(secret, markup=False, highlight=False, soft_wrap=True)


@token_app.command(name="list")
def list_tokens() -> None:
    """List all tokens, without their secrets."""
    table = Table("name", "scopes", "added", "expires")
    for token in _store().tokens():
        scopes = " ".join(scope for scope in Scope if scope in token.scopes)
        table.add_row(token.name, scopes, f"{token.created_at:%Y-%m-%d %H:%M}", _expiry_of(token))
    out.print(table)


@token_app.command()
def revoke(name: Annotated[str, typer.Argument(help="The token's name.")]) -> None:
    """Revoke a token: running services refuse it from now on, and end its open streams and cameras."""
    _store().revoke(name)
    out.print(f"The token {name} is revoked.", markup=False, highlight=False)


@token_app.command()
def show() -> None:
    """Print the link with which the owner's browser logs in, and the secret in it; it may do everything."""
    secret = _store().owner_secret()
    out.print(
        login_link(f"http://127.0.0.1:{load_settings(SiteSettings).port}", secret),
        markup=False,
        highlight=False,
        soft_wrap=True,
    )


def login_link(url: str, secret: str) -> str:
    """Return the address of the page that logs a browser in; a fragment is sent to no server, so it is in no log."""
    return f"{url}/#token={secret}"


def _store() -> TokenStore:
    return TokenStore(load_settings(CliSettings).home)


def _duration(text: str) -> timedelta:
    match = _DURATION.fullmatch(text)
    if match is None:
        raise InvalidRequest(f"{text!r} is no duration. Write 90m, 12h, 30d or 8w.")
    return int(match[1]) * _UNITS[match[2]]


def _expiry_of(token: Token) -> str:
    if token.expires_at is None:
        return "never"
    return f"{token.expires_at:%Y-%m-%d %H:%M}{', is over' if token.expired else ''}"
