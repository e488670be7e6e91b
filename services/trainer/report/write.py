"""The report of a model version: one page that says who is recognised badly and what to do, and its pictures.

It shows faces, so it lies in the version's folder alone, and goes with it when somebody is forgotten.
"""

from collections.abc import Sequence
from pathlib import Path

from familiar.services.trainer.report.advice import advise, advise_on_strangers, collect_next
from familiar.services.trainer.report.augmentation import draw_augmentation
from familiar.services.trainer.report.canvas import DARK, LIGHT, Theme
from familiar.services.trainer.report.facts import ReportFacts, ReportPerson, TrainDescriptors
from familiar.services.trainer.report.findings import PersonFinding, find_mistakes, find_people, find_strangers
from familiar.services.trainer.report.matrix import draw_confusion
from familiar.services.trainer.report.page import Picture, write_page
from familiar.services.trainer.report.pictures import draw_learning_curves, draw_samples, draw_scores, show_face
from familiar.services.trainer.report.reliability import draw_reliability
from familiar.services.trainer.report.verdict import verdict
from familiar.services.trainer.report.wording import mistake_in_words
from familiar.shared.contract.manifest import Findings, PersonFindings, ShownMistake
from familiar.shared.runtime.files import write_atomically
from familiar.shared.stores.models import REPORT

__all__ = ["ReportFacts", "ReportPerson", "TrainDescriptors", "write_report"]

MISTAKES_SHOWN = 12
AUGMENTATION = "augmentation.jpg"


def write_report(facts: ReportFacts, folder: Path) -> Findings:
    """Write `report.html` and its pictures, `learning-curves.png` and so on, into a version's folder.

    The page holds the pictures itself, in light and dark; the files are the light ones, for whoever shows
    them elsewhere. What the page says is answered, too, for the version's manifest.

    Raises:
        OSError: the disk is full or cannot be written.
    """
    people = find_people(facts)
    mistakes = find_mistakes(facts, MISTAKES_SHOWN)
    light, dark = _draw(facts, people, LIGHT), _draw(facts, people, DARK)
    pictures = {name: Picture(light[name], dark[name]) for name in light}
    for name, png in light.items():
        write_atomically(folder / f"{name}.png", png)
    shown = tuple(
        ShownMistake(file=f"mistake-{number:02}.jpg", words=mistake_in_words(mistake))
        for number, mistake in enumerate(mistakes, start=1)
    )
    for mistake, where in zip(mistakes, shown, strict=True):
        write_atomically(folder / where.file, show_face(mistake.image))
    write_atomically(folder / AUGMENTATION, draw_augmentation(facts.shown_samples))
    write_atomically(folder / REPORT, write_page(facts, people, mistakes, pictures).encode())
    strangers = find_strangers(facts)
    return Findings(
        verdict=verdict(people, strangers),
        people=tuple(
            PersonFindings(
                slug=finding.person.slug,
                standing=finding.standing.value,
                steps=advise(finding, people).steps,
                collect=collect_next(finding),
            )
            for finding in people
        ),
        strangers_steps=advise_on_strangers(strangers),
        mistakes=shown,
        augmentation=AUGMENTATION,
    )


def _draw(facts: ReportFacts, people: Sequence[PersonFinding], theme: Theme) -> dict[str, bytes]:
    """Draw the pictures that stand on the page, as PNG."""
    pictures = {
        "learning-curves": draw_learning_curves(facts.history, theme),
        "confusion": draw_confusion(facts, theme),
        "scores": draw_scores(facts, theme),
        "samples": draw_samples(people, theme),
    }
    reliability = facts.reliability()
    return pictures if reliability is None else {**pictures, "reliability": draw_reliability(reliability, theme)}
