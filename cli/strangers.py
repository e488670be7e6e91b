"""familiar strangers: count, fetch and clear the faces of strangers from which "unknown" is learned."""

from typing import Annotated

import typer
from rich.table import Table

from familiar.cli.audited import audited
from familiar.cli.console import out
from familiar.cli.settings import CliSettings
from familiar.shared.audit.entry import Action
from familiar.shared.runtime.service import load_settings
from familiar.shared.stores.encryption_key import required_seals
from familiar.shared.stores.strangers import StrangerSource, StrangerStore

DEFAULT_PEOPLE = 3000

strangers_app = typer.Typer(
    help="The faces of strangers that training learns from: count, fetch or clear them.", invoke_without_command=True
)


@strangers_app.callback()
def strangers(context: typer.Context) -> None:
    """Tell how many faces of strangers there are, by where they come from."""
    if context.invoked_subcommand is not None:
        return
    settings = load_settings(CliSettings)
    store = StrangerStore(settings.home)
    table = Table("source", "faces", "where they come from")
    table.add_row("fetched", str(store.count(StrangerSource.FETCHED)), "`familiar strangers fetch`")
    table.add_row("given", str(store.count(StrangerSource.GIVEN)), "photos of strangers, uploaded to the page")
    table.add_row("marked", str(store.count(StrangerSource.MARKED)), "`familiar correct ID --stranger`")
    if settings.strangers is not None:
        table.add_row("folder", "", f"FAMILIAR_STRANGERS={settings.strangers}")
    out.print(table, markup=False)


@strangers_app.command()
def fetch(
    people: Annotated[int, typer.Option(min=1, help="How many people, one face each.")] = DEFAULT_PEOPLE,
) -> None:
    """Download public portraits (Labeled Faces in the Wild, 180 MB), and keep one face of each of several people.

    A fetch that is cut short is gone on with by the next one.
    """
    from familiar.cli.fetch.fetch_faces import fetch_faces
    from familiar.cli.fetch.labeled_faces import ARCHIVE

    settings = load_settings(CliSettings)
    home = settings.home
    present = StrangerStore(home).count(StrangerSource.FETCHED)
    if present < people:
        # Before the download.
        seals = required_seals(home, settings)
        with audited(home, Action.ADD_STRANGERS, source=StrangerSource.FETCHED):
            present = fetch_faces(ARCHIVE, home, people, settings.yunet, settings.quotas, seals)
    out.print(f"Fetched faces of strangers: {present}. `familiar train` learns from them.", highlight=False)


@strangers_app.command()
def clear(
    given: Annotated[bool, typer.Option("--given", help="Those of uploaded photos, too.")] = False,  # noqa: FBT002 - a flag of the command line
    marked: Annotated[bool, typer.Option("--marked", help="The marked ones, too.")] = False,  # noqa: FBT002 - a flag of the command line
) -> None:
    """Delete the fetched faces, and what a fetch that was cut short has left."""
    from familiar.cli.fetch.fetch_faces import delete_download

    home = load_settings(CliSettings).home
    store = StrangerStore(home)
    wanted = {StrangerSource.FETCHED: True, StrangerSource.GIVEN: given, StrangerSource.MARKED: marked}
    cleared = [source for source, is_wanted in wanted.items() if is_wanted]
    with audited(home, Action.DELETE_STRANGERS, source=" ".join(cleared)):
        delete_download(home)
        deleted = sum(map(store.clear, cleared))
    out.print(f"Deleted faces of strangers: {deleted}.", highlight=False)
