"""The program `familiar` and its commands."""

import os
import sys
from typing import Annotated, NoReturn

import redis
import typer

from familiar import __version__
from familiar.cli.audit import audit
from familiar.cli.backup import backup, export, restore
from familiar.cli.console import err, out
from familiar.cli.correct import correct
from familiar.cli.demo import demo
from familiar.cli.doctor import doctor
from familiar.cli.encryption import decrypt, encrypt, key_app
from familiar.cli.enrol import enrol
from familiar.cli.models import models_app
from familiar.cli.people import forget, people, rename
from familiar.cli.predict import predict
from familiar.cli.strangers import strangers_app
from familiar.cli.token import token_app
from familiar.cli.train import train
from familiar.cli.up import up
from familiar.cli.watch import watch
from familiar.shared.contract.errors import DiskFull, FamiliarError, RedisUnavailable
from familiar.shared.redis.connection import DISK_IS_FULL
from familiar.shared.runtime.private_files import PRIVATE_UMASK

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _print_version(asked: bool) -> None:  # noqa: FBT001 - typer passes it by position
    if asked:
        out.print(f"familiar {__version__}", highlight=False)
        raise typer.Exit


@app.callback()
def root(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version, and end."),
    ] = False,
) -> None:
    """Familiar teaches a camera the faces it knows."""


for command in (
    up,
    demo,
    enrol,
    people,
    rename,
    forget,
    train,
    predict,
    watch,
    correct,
    doctor,
    backup,
    restore,
    export,
    audit,
    encrypt,
    decrypt,
):
    app.command()(command)
app.add_typer(models_app, name="models")
app.add_typer(strangers_app, name="strangers")
app.add_typer(token_app, name="token")
app.add_typer(key_app, name="key")
# Its name before 0.2.0, accepted until 0.3.0.
app.add_typer(strangers_app, name="background", hidden=True, deprecated=True)


def main() -> None:
    """Run a command; a named error is printed as one sentence, with exit status 1.

    What a command creates, child processes included, no other user can read.
    """
    os.umask(PRIVATE_UMASK)
    try:
        app()
    except FamiliarError as error:
        _fail(error)
    except (redis.ConnectionError, redis.TimeoutError):
        _fail(RedisUnavailable())
    except OSError as error:
        if error.errno in DISK_IS_FULL:
            _fail(DiskFull())
        _fail(
            FamiliarError(f"{error.filename or 'A file'} cannot be used: {error.strerror or error}. Check its rights.")
        )


def _fail(error: FamiliarError) -> NoReturn:
    err.print(f"{error.title}: {error.detail}", style="red", markup=False, highlight=False)
    sys.exit(1)


if __name__ == "__main__":
    main()
