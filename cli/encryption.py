"""familiar key, encrypt and decrypt: encryption of the faces on disk."""

from pathlib import Path
from typing import Annotated

import typer

from familiar.cli.audited import audited
from familiar.cli.console import out
from familiar.cli.settings import CliSettings
from familiar.shared.audit.entry import Action
from familiar.shared.contract.errors import InvalidRequest
from familiar.shared.runtime.service import load_settings
from familiar.shared.stores.convert_faces import Converted, convert_faces
from familiar.shared.stores.encryption_key import create_key_file, create_keyring_key, seals_for

key_app = typer.Typer(help="The key by which faces on disk are encrypted.", no_args_is_help=True)

_KEEP = "Keep a copy where this machine is not: without the key nobody can read the faces, and nothing brings it back."


@key_app.callback()
def key() -> None:
    """Make the key by which faces on disk are encrypted."""


@key_app.command()
def new(
    file: Annotated[Path | None, typer.Argument(help="The file to write, on another disk than FAMILIAR_HOME.")] = None,
    keyring: Annotated[bool, typer.Option("--keyring", help="Put it into the system's keyring instead.")] = False,  # noqa: FBT002 - a flag of the command line
) -> None:
    """Make a new random key. `familiar encrypt` then encrypts what is there already."""
    if (file is None) != keyring:
        raise InvalidRequest("Say where the key is to be: either a file, or --keyring.")
    if file is None:
        create_keyring_key()
        setting = "FAMILIAR_KEYRING=true"
    else:
        create_key_file(file)
        setting = f"FAMILIAR_KEY_FILE={file.absolute()}"
    out.print(f"Set {setting} for Familiar and its commands. {_KEEP}", soft_wrap=True, highlight=False)


def encrypt() -> None:
    """Encrypt the faces that were stored before there was a key, while Familiar runs with it."""
    converted = _convert(Action.ENCRYPT, encrypted=True)
    out.print(f"Encrypted {converted.changed} faces; what is stored from now on is, too.", highlight=False)


def decrypt() -> None:
    """Decrypt all faces. Stop Familiar first, and unset the key afterwards."""
    converted = _convert(Action.DECRYPT, encrypted=False)
    out.print(f"Decrypted {converted.changed} faces.", highlight=False)
    if converted.broken:
        out.print(f"{converted.broken} are damaged and stay as they are.", highlight=False)


def _convert(action: Action, *, encrypted: bool) -> Converted:
    settings = load_settings(CliSettings)
    with audited(settings.home, action):
        return convert_faces(settings.home, seals_for(settings.home, settings), encrypted=encrypted)
