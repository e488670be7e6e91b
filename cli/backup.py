"""familiar backup, restore and export: everything in one file, put back, and all that is stored of one person."""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Annotated

import typer

from familiar.cli.audited import audited
from familiar.cli.console import err
from familiar.cli.settings import CliSettings
from familiar.shared.archive.backup import write_backup
from familiar.shared.archive.export_person import export_person
from familiar.shared.archive.restore import restore_backup
from familiar.shared.audit.entry import Action
from familiar.shared.runtime.files import PARTIAL_PREFIX
from familiar.shared.runtime.service import load_settings
from familiar.shared.stores.encryption_key import seals_for
from familiar.shared.stores.models import ModelStore
from familiar.shared.stores.samples import SampleStore

_STANDARD = Path("-")


def backup(
    file: Annotated[Path, typer.Argument(help="The tar file to write; - is standard output.")],
) -> None:
    """Write all people, samples, strangers and model versions to one file, while Familiar goes on."""
    home = load_settings(CliSettings).home
    with audited(home, Action.BACK_UP), _written(file) as target:
        index = write_backup(home, target, datetime.now(UTC))
    _tell(f"Backed up {index.in_words()}. Whoever can read the file sees these faces: keep it as you would keep them.")


def restore(
    file: Annotated[Path, typer.Argument(help="The tar file to read; - is standard input.")],
) -> None:
    """Put a backup back into an empty FAMILIAR_HOME; services that run serve it within a second."""
    home = load_settings(CliSettings).home
    with audited(home, Action.RESTORE), _read(file) as source:
        index = restore_backup(home, source)
    _tell(f"Restored {index.in_words()}.")


def export(
    person: Annotated[str, typer.Argument(help="The person's name.")],
    file: Annotated[Path, typer.Argument(help="The ZIP file to write; - is standard output.")],
) -> None:
    """Write all that is stored of one person to a file, for whoever asks what is stored of them."""
    settings = load_settings(CliSettings)
    home = settings.home
    store = SampleStore(home, seals=seals_for(home, settings))
    slug = store.slug_for(person)
    with audited(home, Action.EXPORT, person=slug), _written(file) as target:
        samples = export_person(store, ModelStore(home), slug, target)
    _tell(f"Exported {person}: {samples} samples.")


@contextmanager
def _read(file: Path) -> Iterator[IO[bytes]]:
    """Open a file; `-` is standard input."""
    if file == _STANDARD:
        yield sys.stdin.buffer
        return
    with file.open("rb") as source:
        yield source


@contextmanager
def _written(file: Path) -> Iterator[IO[bytes]]:
    """Open a file, readable by its owner only, that appears once it is complete; `-` is standard output."""
    if file == _STANDARD:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    # A temporary file has mode 600.
    with tempfile.NamedTemporaryFile(prefix=PARTIAL_PREFIX, dir=file.parent, delete=False) as target:
        partial = Path(target.name)
        try:
            yield target
        except BaseException:
            partial.unlink()
            raise
    partial.replace(file)


def _tell(sentence: str) -> None:
    # Standard output may be the file.
    err.print(sentence, markup=False, highlight=False)
