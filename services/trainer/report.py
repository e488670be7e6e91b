"""The report of a model version: one page that says who is recognised badly and what to do, and its pictures.

It shows faces, so it lies in the version's folder alone, and goes with it when somebody is forgotten.
"""

from collections.abc import Sequence
from pathlib import Path

from services.trainer.report_canvas import DARK, LIGHT, Theme
from services.trainer.report_facts import ReportFacts, ReportPerson
from services.trainer.report_findings import PersonFinding, find_mistakes, find_people
from services.trainer.report_matrix import draw_confusion
from services.trainer.report_page import Picture, write_page
from services.trainer.report_pictures import draw_learning_curves, draw_mistakes, draw_samples, draw_scores
from shared.files import write_atomically
from shared.model_store import REPORT

__all__ = ["ReportFacts", "ReportPerson", "write_report"]

MISTAKES_SHOWN = 12


def write_report(facts: ReportFacts, folder: Path) -> None:
    """Write `report.html` and its pictures, `learning-curves.png` and so on, into a version's folder.

    The page holds the pictures itself, in light and dark; the files are the light ones, for whoever shows
    them elsewhere.

    Raises:
        OSError: the disk is full or cannot be written.
    """
    people = find_people(facts)
    mistakes = find_mistakes(facts, MISTAKES_SHOWN)
    light, dark = _draw(facts, people, LIGHT), _draw(facts, people, DARK)
    pictures = {name: Picture(light[name], dark[name]) for name in light}
    # The page itself shows the faces one by one, so that they find room on any screen.
    for name, png in {**light, "mistakes": draw_mistakes(mistakes, LIGHT)}.items():
        write_atomically(folder / f"{name}.png", png)
    write_atomically(folder / REPORT, write_page(facts, people, mistakes, pictures).encode())


def _draw(facts: ReportFacts, people: Sequence[PersonFinding], theme: Theme) -> dict[str, bytes]:
    """Draw the pictures that stand on the page, as PNG."""
    return {
        "learning-curves": draw_learning_curves(facts.history, theme),
        "confusion": draw_confusion(facts, theme),
        "scores": draw_scores(facts, theme),
        "samples": draw_samples(people, theme),
    }
