"""The report as one page: renders `report.html.jinja`, with styles and pictures inlined.

The page loads nothing and runs nothing, and its own content security policy enforces that. Names and all other text are
escaped by the template engine.
"""

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup, escape

from familiar.services.trainer.report.canvas import DENSITY
from familiar.services.trainer.report.facts import ReportFacts
from familiar.services.trainer.report.findings import Standing
from familiar.shared.contract.findings import Findings, PersonFindings

# Beyond this, people who need nothing are collapsed.
RELIABLE_SHOWN = 6
MOST_CONFUSED = 8
# Wider pictures scroll on a small screen: shrunk, they would be illegible.
WIDE = 480


@dataclass(frozen=True)
class Picture:
    """A picture in both themes, PNG, displayed at the width that it was drawn for."""

    light: bytes
    dark: bytes

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in CSS pixels, from the PNG's header (ISO 15948 section 11.2.1)."""
        width, height = (int.from_bytes(self.light[start : start + 4], "big") for start in (16, 20))
        return width // DENSITY, height // DENSITY


def write_page(
    facts: ReportFacts, findings: Findings, faces: Mapping[str, bytes], pictures: Mapping[str, Picture]
) -> str:
    """Return the page as HTML.

    `faces` are the JPEGs that the findings name, by file; `pictures` are by the names of their files without `.png`. Of
    the facts only the training's circumstances are shown; their meaning comes from the findings.
    """
    template_folder = resources.files("familiar.services.trainer.report")
    styles = (template_folder / "report.css").read_text(encoding="utf-8")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["png"] = lambda data: _data_uri("image/png", data)
    environment.filters["jpeg"] = lambda file: _data_uri("image/jpeg", faces[file])
    environment.filters["counted"] = _counted
    environment.filters["commands"] = _commands
    environment.filters["command"] = _command
    template = environment.from_string((template_folder / "report.html.jinja").read_text(encoding="utf-8"))
    reliable = [person for person in findings.people if _needs_nothing(person)]
    folds = len(reliable) > RELIABLE_SHOWN
    return template.render(
        styles=Markup(styles),  # noqa: S704 - our own file
        styles_hash=base64.b64encode(hashlib.sha256(styles.encode()).digest()).decode(),
        facts=facts,
        findings=findings,
        shown=[person for person in findings.people if not (folds and _needs_nothing(person))],
        folded=reliable if folds else [],
        missing=_missing(findings.people),
        wide=WIDE,
        confused=_most_confused(findings.people),
        pictures=pictures,
    )


def _needs_nothing(person: PersonFindings) -> bool:
    return person.standing == Standing.RELIABLE.value and not person.odd


def _missing(people: Sequence[PersonFindings]) -> dict[str, list[str]]:
    """Return what is missing in words, with the names of the people who lack it."""
    missing: dict[str, list[str]] = {}
    for person in people:
        if person.collect:
            missing.setdefault(person.collect, []).append(person.name)
    return missing


def _counted(text: str) -> Markup:
    """Escape a sentence, and emphasise the counts that it begins with."""
    return Markup(re.sub(r"^\d+ of \d+", r"<strong>\g<0></strong>", str(escape(text))))  # noqa: S704 - escaped


def _commands(text: str) -> Markup:
    """Escape a text, and mark up what is between backticks as commands."""
    parts = text.split("`")
    return Markup("").join(_command(part) if place % 2 else escape(part) for place, part in enumerate(parts))


def _command(text: str) -> Markup:
    """Escape a command, and mark it up so that lines break between words only, not before a hyphen."""
    words = Markup(" ").join(Markup("<span>{}</span>").format(word) for word in text.split())
    return Markup("<code>{}</code>").format(words)


def _most_confused(people: Sequence[PersonFindings]) -> list[tuple[PersonFindings, str, int]]:
    """Return who was taken for whom and how often, the largest share first."""
    names = {person.slug: person.name for person in people}
    confused = [(person, names[other], count) for person in people for other, count in person.taken_for.items()]
    return sorted(confused, key=lambda row: -row[2] / row[0].tested)[:MOST_CONFUSED]


def _data_uri(kind: str, data: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"
