"""familiar people, rename and forget: manage the enrolled people."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated

import typer
from rich.table import Table

from familiar.cli.audited import audited
from familiar.cli.connections import connect
from familiar.cli.console import out
from familiar.shared.audit.entry import Action
from familiar.shared.contract.messages import Split
from familiar.shared.people.forget import Forgotten, forget_person
from familiar.shared.stores.expiry import last_trainable
from familiar.shared.stores.forgettings import Forgettings
from familiar.shared.stores.samples import Person, SampleStore

SECOND_DAY = "A second day, in other light, is worth more than more samples of the first: enrol again on another day."


def people() -> None:
    """List everybody who is enrolled, with their samples."""
    connections = connect()
    samples, days = connections.samples, connections.settings.keep_samples_days
    known = samples.people()
    if not known:
        out.print("Nobody is enrolled yet. Begin with `familiar enrol NAME --camera CAMERA`.")
        return
    table = Table("person", "name", "train", "test", "sessions", "days", *(["kept until"] if days else []))
    for person in known:
        counts = (person.train_samples, person.test_samples, person.sessions, person.days)
        until = [_kept_until(samples, person, days)] if days else []
        table.add_row(person.slug, person.name, *map(str, counts), *until)
    out.print(table)
    seen_once = [person.name for person in known if person.days == 1]
    if seen_once:
        out.print(f"{', '.join(seen_once)}: one day only. {SECOND_DAY}", markup=False, highlight=False)


def _kept_until(samples: SampleStore, person: Person, days: int) -> str:
    """Return the day on which a person has too few samples left to train on, and is forgotten."""
    taken_at = last_trainable(samples.taken(person.slug, Split.TRAIN).values())
    return f"{taken_at + timedelta(days=days):%Y-%m-%d}" if taken_at else ""


def rename(
    person: Annotated[str, typer.Argument(help="The person's name.")],
    name: Annotated[str, typer.Argument(help="The new name.")],
) -> None:
    """Give somebody another name; samples and model versions stay theirs."""
    connections = connect()
    samples = connections.samples
    slug = samples.slug_for(person)
    with audited(connections.settings.home, Action.RENAME, person=slug):
        renamed = samples.rename(slug, name)
    out.print(f"{person} is {renamed.name} now; predictions say {renamed.slug!r} as before.", markup=False)


def forget(
    person: Annotated[str, typer.Argument(help="The person's name.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,  # noqa: FBT002 - a flag of the command line
) -> None:
    """Forget somebody everywhere: samples, every model version that knows them, and what is in the streams."""
    connections = connect()
    if not yes:
        typer.confirm(f"Forget {person}, with all samples and every model version that knows them?", abort=True)
    interrupted = Forgettings(connections.settings.home).find(person)
    slug = interrupted.person if interrupted else connections.samples.slug_for(person)
    # Nameless: the entry would be the only file that still names them.
    with audited(connections.settings.home, Action.FORGET):
        forgotten = forget_person(connections.client, connections.samples, connections.models, slug)
    for line in _receipt(person, forgotten):
        out.print(line, markup=False, highlight=False)


def _receipt(name: str, forgotten: Forgotten) -> Iterator[str]:
    versions = ", ".join(map(str, forgotten.model_versions)) or "none"
    yield f"Forgot {name}: {forgotten.samples} samples; model versions deleted: {versions}."
    counted = {
        "kept faces": forgotten.kept_faces,
        "stream entries": forgotten.stream_entries,
        "dead letters": forgotten.dead_letters,
        "checkpoints of trainings": forgotten.checkpoints,
        "failed trainings": forgotten.failed_jobs,
    }
    yield f"Deleted with it: {', '.join(f'{count} {what}' for what, count in counted.items())}."
    if forgotten.log_lines:
        yield f"The name was overwritten in {forgotten.log_lines} lines of logs."
    yield f"Version {forgotten.served_version} is served now." if forgotten.serving else "No model is served now."
    if forgotten.training_job:
        yield f"The others are being trained again: training job {forgotten.training_job}."
    elif not forgotten.serving:
        yield "Enrol somebody and train with `familiar train`: too few are left to train the others again."
