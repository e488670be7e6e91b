"""familiar token: add, list and revoke tokens, and show the owner's."""

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.table import Table

from familiar.cli.audited import audited
from familiar.cli.console import err, out
from familiar.cli.durations import duration
from familiar.cli.settings import CliSettings
from familiar.shared.access.scopes import Scope
from familiar.shared.access.token_store import OWNER, Token, TokenStore
from familiar.shared.audit.entry import Action
from familiar.shared.runtime.service import load_settings
from familiar.shared.runtime.settings import SiteSettings

token_app = typer.Typer(help="Tokens: who may ask inference and capture, and for what.", no_args_is_help=True)


@token_app.command()
def add(
    name: Annotated[str, typer.Argument(help="What it is called, such as `doorbell`: lower-case letters, digits, -.")],
    scope: Annotated[list[Scope], typer.Option(help="What it may do; may be given again.")],
    expires: Annotated[str | None, typer.Option(help="After how long it ends: 90m, 12h, 30d or 8w.")] = None,
) -> None:
    """Add a token, and print its secret: once, as only its hash is kept."""
    expires_at = None if expires is None else datetime.now(UTC) + duration(expires)
    home = load_settings(CliSettings).home
    with audited(home, Action.ADD_TOKEN, token=name):
        secret = TokenStore(home).add(name, scope, expires_at)
    err.print(f"The token {name}; nobody can show it again:", markup=False, highlight=False)
    out.print(secret, markup=False, highlight=False, soft_wrap=True)


@token_app.command(name="list")
def list_tokens() -> None:
    """List all tokens, without their secrets."""
    table = Table("name", "id", "scopes", "added", "expires")
    for token in TokenStore(load_settings(CliSettings).home).tokens():
        scopes = " ".join(scope for scope in Scope if scope in token.scopes)
        table.add_row(token.name, token.id, scopes, f"{token.created_at:%Y-%m-%d %H:%M}", _expiry_of(token))
    out.print(table)


@token_app.command()
def revoke(name: Annotated[str, typer.Argument(help="The token's name.")]) -> None:
    """Revoke a token: running services refuse it from now on, and end its open streams and cameras."""
    home = load_settings(CliSettings).home
    with audited(home, Action.REVOKE_TOKEN, token=name):
        TokenStore(home).revoke(name)
    out.print(f"The token {name} is revoked.", markup=False, highlight=False)


@token_app.command()
def show() -> None:
    """Print the link with which the owner's browser logs in, and the secret in it; it may do everything."""
    home = load_settings(CliSettings).home
    with audited(home, Action.SHOW_OWNER_TOKEN, token=OWNER):
        secret = TokenStore(home).owner_secret()
    out.print(
        login_link(f"http://127.0.0.1:{load_settings(SiteSettings).port}", secret),
        markup=False,
        highlight=False,
        soft_wrap=True,
    )


def login_link(url: str, secret: str) -> str:
    """Return the address of the page that logs a browser in; a fragment is sent to no server, so it is in no log."""
    return f"{url}/#token={secret}"


def _expiry_of(token: Token) -> str:
    if token.expires_at is None:
        return "never"
    return f"{token.expires_at:%Y-%m-%d %H:%M}{', is over' if token.expired else ''}"
