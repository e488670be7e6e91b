"""familiar people, rename and forget: manage the enrolled people."""

from typing import Annotated

import typer
from rich.table import Table

from familiar.cli.connections import connect
from familiar.cli.console import out
from familiar.shared.people.forget import forget_person

SECOND_DAY = "A second day, in other light, is worth more than more samples of the first: enrol again on another day."


def people() -> None:
    """List everybody who is enrolled, with their samples."""
    known = connect().samples.people()
    if not known:
        out.print("Nobody is enrolled yet. Begin with `familiar enrol NAME --camera CAMERA`.")
        return
    table = Table("person", "name", "train", "test", "sessions", "days")
    for person in known:
        counts = (person.train_samples, person.test_samples, person.sessions, person.days)
        table.add_row(person.slug, person.name, *map(str, counts))
    out.print(table)
    seen_once = [person.name for person in known if person.days == 1]
    if seen_once:
        out.print(f"{', '.join(seen_once)}: one day only. {SECOND_DAY}", markup=False, highlight=False)


def rename(
    person: Annotated[str, typer.Argument(help="The person's name.")],
    name: Annotated[str, typer.Argument(help="The new name.")],
) -> None:
    """Give somebody another name; samples and model versions stay theirs."""
    samples = connect().samples
    renamed = samples.rename(samples.slug_for(person), name)
    out.print(f"{person} is {renamed.name} now; predictions say {renamed.slug!r} as before.", markup=False)


def forget(
    person: Annotated[str, typer.Argument(help="The person's name.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,  # noqa: FBT002 - a flag of the command line
) -> None:
    """Forget somebody everywhere: samples, every model version that knows them, and what is in the streams."""
    connections = connect()
    if not yes:
        typer.confirm(f"Forget {person}, with all samples and every model version that knows them?", abort=True)
    slug = connections.samples.slug_for(person)
    forgotten = forget_person(connections.client, connections.samples, connections.models, slug)
    versions = ", ".join(str(version) for version in forgotten.model_versions) or "none"
    out.print(f"Forgot {person}: {forgotten.samples} samples; model versions deleted: {versions}.")
    if not forgotten.serving:
        out.print("No model is served now. Train the others again with `familiar train`.")
