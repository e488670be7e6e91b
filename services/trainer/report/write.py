"""The report of a model version: one page that says who is recognised badly and what to do, and its pictures.

It shows faces, so it lies in the version's folder alone, and is deleted with it when somebody is forgotten.
"""

from collections.abc import Iterable, Sequence
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
from familiar.services.trainer.report.wording import (
    answers_in_words,
    learned_in_words,
    mistake_in_words,
    reliability_in_words,
    sources_in_words,
    strangers_in_words,
)
from familiar.shared.contract.findings import Findings, PersonFindings, ShownMistake
from familiar.shared.runtime.files import write_atomically
from familiar.shared.stores.models import REPORT
from familiar.shared.vision.images import Image

__all__ = ["ReportFacts", "ReportPerson", "TrainDescriptors", "write_report"]

MISTAKES_SHOWN = 12
AUGMENTATION = "augmentation.jpg"


def write_report(facts: ReportFacts, folder: Path) -> Findings:
    """Write `report.html` and its pictures into a version's folder; return the findings, for its manifest.

    The page inlines the pictures, in light and dark; the files, `learning-curves.png` and so on, are the light ones, to
    be shown elsewhere.

    Raises:
        OSError: the disk is full or cannot be written.
    """
    people = find_people(facts)
    findings, faces = conclude(facts, people)
    light, dark = _draw(facts, people, LIGHT), _draw(facts, people, DARK)
    pictures = {name: Picture(light[name], dark[name]) for name in light}
    for name, png in light.items():
        write_atomically(folder / f"{name}.png", png)
    for file, jpeg in faces.items():
        write_atomically(folder / file, jpeg)
    write_atomically(folder / findings.augmentation, draw_augmentation(facts.shown_samples))
    write_atomically(folder / REPORT, write_page(facts, findings, faces, pictures).encode())
    return findings


def conclude(facts: ReportFacts, people: Sequence[PersonFinding]) -> tuple[Findings, dict[str, bytes]]:
    """Return all findings on a version, and the faces that go with them, JPEG, by file."""
    strangers, reliability, mistakes = find_strangers(facts), facts.reliability(), find_mistakes(facts, MISTAKES_SHOWN)
    wrong = _show_faces("mistake", (mistake.image for mistake in mistakes))
    odd = {
        finding.person.slug: _show_faces(
            f"odd-{finding.person.slug}", (image for found in finding.odd for image in found.images)
        )
        for finding in people
    }
    findings = Findings(
        verdict=verdict(people, strangers),
        people=tuple(_conclude_on(finding, people, tuple(odd[finding.person.slug])) for finding in people),
        strangers=strangers_in_words(strangers),
        strangers_learned=sources_in_words(facts.stranger_faces, strangers.tested),
        strangers_tested=strangers.tested,
        strangers_named=strangers.named,
        strangers_steps=advise_on_strangers(strangers),
        mistakes=tuple(
            ShownMistake(file=file, words=mistake_in_words(mistake))
            for file, mistake in zip(wrong, mistakes, strict=True)
        ),
        reliability=None if reliability is None else reliability_in_words(reliability, facts.threshold),
        augmentation=AUGMENTATION,
    )
    return findings, {**wrong, **{file: face for faces in odd.values() for file, face in faces.items()}}


def _conclude_on(finding: PersonFinding, people: Sequence[PersonFinding], odd: tuple[str, ...]) -> PersonFindings:
    """Return all findings on one person; `odd` are the files that show samples of somebody else."""
    advice = advise(finding, people)
    return PersonFindings(
        slug=finding.person.slug,
        name=finding.person.name,
        standing=finding.standing.value,
        tested=finding.tested,
        right=finding.right,
        wrong=finding.wrong,
        unknown=finding.unknown,
        taken_for={other.slug: count for other, count in finding.taken_for},
        answers=answers_in_words(finding),
        learned=learned_in_words(finding),
        steps=advice.steps,
        command=advice.command,
        collect=collect_next(finding),
        odd=odd,
    )


def _show_faces(kind: str, images: Iterable[Image]) -> dict[str, bytes]:
    """Return faces as JPEG, numbered in order."""
    return {f"{kind}-{number:02}.jpg": show_face(image) for number, image in enumerate(images, start=1)}


def _draw(facts: ReportFacts, people: Sequence[PersonFinding], theme: Theme) -> dict[str, bytes]:
    """Return the pictures on the page, as PNG."""
    pictures = {
        "learning-curves": draw_learning_curves(facts.history, theme),
        "confusion": draw_confusion(facts, theme),
        "scores": draw_scores(facts, theme),
        "samples": draw_samples(people, theme),
    }
    reliability = facts.reliability()
    return pictures if reliability is None else {**pictures, "reliability": draw_reliability(reliability, theme)}
