"""familiar correct: correct a prediction, for the next training."""

from typing import Annotated

import typer

from familiar.cli.audited import audited
from familiar.cli.connections import connect
from familiar.cli.console import out
from familiar.shared.audit.entry import Action
from familiar.shared.people import correct as correction
from familiar.shared.people.correct import Corrected, Correction


def correct(
    prediction_id: Annotated[str, typer.Argument(help="The id of the prediction, as `familiar watch` shows it.")],
    person: Annotated[str | None, typer.Option(help="The enrolled person whose face it is.")] = None,
    stranger: Annotated[bool, typer.Option("--stranger", help="It is nobody who is enrolled.")] = False,  # noqa: FBT002 - a flag of the command line
    face: Annotated[
        int | None, typer.Option(min=1, help="Which face, where the prediction has several: 1 is its first.")
    ] = None,
) -> None:
    """Say whose a face really is. The newest predictions can be corrected; training then learns from it."""
    connections = connect()
    wanted = Correction(prediction_id=prediction_id, face=face, person=person, stranger=stranger)
    with audited(connections.settings.home, Action.CORRECT) as subject:
        corrected = correction.correct(connections.client, connections.samples, connections.strangers, wanted)
        if corrected.person is not None:
            subject["person"] = corrected.person
    out.print(_in_words(corrected), markup=False, highlight=False)


def _in_words(corrected: Corrected) -> str:
    whose = f"{corrected.person}'s" if corrected.person else "a stranger's"
    before = corrected.before or "somebody unknown"
    if not corrected.stored:
        return f"The face was taken for {before}. That it is {whose} is known already; nothing was added."
    return f"The face was taken for {before}, and is {whose} now. `familiar train` learns from it."
