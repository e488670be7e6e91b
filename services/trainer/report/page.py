"""The report as one page: fills `report.html.jinja` and puts styles and pictures into it.

The page loads nothing and runs nothing, and its own content security policy holds it to that. Names and all
other text are escaped by the template engine.
"""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup, escape

from familiar.services.trainer.report.advice import Advice, advise, advise_on_strangers, collect_next
from familiar.services.trainer.report.canvas import DENSITY
from familiar.services.trainer.report.facts import ReportFacts
from familiar.services.trainer.report.findings import Mistake, PersonFinding, Standing, find_strangers
from familiar.services.trainer.report.pictures import show_face
from familiar.services.trainer.report.verdict import verdict
from familiar.services.trainer.report.wording import (
    answers_in_words,
    learned_in_words,
    mistake_in_words,
    names_in_words,
    reliability_in_words,
    sources_in_words,
    strangers_in_words,
)

# More of them are folded away: they need nothing.
RELIABLE_SHOWN = 6
MOST_CONFUSED = 8
# Wider pictures are moved sideways on a small screen: shrunk, their letters could not be read.
WIDE = 480


@dataclass(frozen=True)
class Picture:
    """A picture in both themes, PNG; it shows itself at the width that it was drawn for."""

    light: bytes
    dark: bytes

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels on the page, from the PNG's header (ISO 15948 section 11.2.1)."""
        width, height = (int.from_bytes(self.light[start : start + 4], "big") for start in (16, 20))
        return width // DENSITY, height // DENSITY


@dataclass(frozen=True)
class _Card:
    finding: PersonFinding
    answers: str
    learned: str
    advice: Advice
    odd: tuple[str, ...]

    @property
    def is_reliable(self) -> bool:
        return self.finding.standing is Standing.RELIABLE and not self.odd


@dataclass(frozen=True)
class _Crop:
    source: str
    words: str


def write_page(
    facts: ReportFacts,
    people: Sequence[PersonFinding],
    mistakes: Sequence[Mistake],
    pictures: Mapping[str, Picture],
) -> str:
    """Write the page as HTML; `people` come worst first, `pictures` by the names of their files without `.png`."""
    template_folder = resources.files("familiar.services.trainer.report")
    styles = (template_folder / "report.css").read_text(encoding="utf-8")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["png"] = lambda data: _data_uri("image/png", data)
    environment.filters["commands"] = _commands
    environment.filters["command"] = _command
    template = environment.from_string((template_folder / "report.html.jinja").read_text(encoding="utf-8"))
    strangers, reliability = find_strangers(facts), facts.reliability()
    cards = [
        _Card(
            finding, answers_in_words(finding), learned_in_words(finding), advise(finding, people), _show_odd(finding)
        )
        for finding in people
    ]
    reliable = [card for card in cards if card.is_reliable]
    folds = len(reliable) > RELIABLE_SHOWN
    return template.render(
        styles=Markup(styles),  # noqa: S704 - our own file
        styles_hash=base64.b64encode(hashlib.sha256(styles.encode()).digest()).decode(),
        facts=facts,
        verdict=verdict(people, strangers),
        tested=sum(finding.tested for finding in people),
        right=sum(finding.right for finding in people),
        wrong=sum(finding.wrong for finding in people),
        unknown=sum(finding.unknown for finding in people),
        strangers=strangers,
        strangers_in_words=strangers_in_words(strangers),
        strangers_names=names_in_words(strangers.names),
        strangers_steps=advise_on_strangers(strangers),
        learned=sources_in_words(facts.stranger_faces),
        shown=[card for card in cards if not (folds and card.is_reliable)],
        folded=reliable if folds else [],
        missing=_missing(people),
        wide=WIDE,
        confused=_most_confused(people),
        crops=[_show(mistake) for mistake in mistakes],
        reliability_in_words=None if reliability is None else reliability_in_words(reliability, facts.threshold),
        pictures=pictures,
    )


def _missing(people: Sequence[PersonFinding]) -> dict[str, list[str]]:
    """Give what is missing in words, and the names of the people who lack it."""
    missing: dict[str, list[str]] = {}
    for finding in people:
        if words := collect_next(finding):
            missing.setdefault(words, []).append(finding.person.name)
    return missing


def _commands(text: str) -> Markup:
    """Escape a text, and set what stands between backticks as commands."""
    parts = text.split("`")
    return Markup("").join(_command(part) if place % 2 else escape(part) for place, part in enumerate(parts))


def _command(text: str) -> Markup:
    """Escape a command, and set it so that a line ends between words only, not before a hyphen."""
    words = Markup(" ").join(Markup("<span>{}</span>").format(word) for word in text.split())
    return Markup("<code>{}</code>").format(words)


def _most_confused(people: Sequence[PersonFinding]) -> list[tuple[PersonFinding, str, int]]:
    """Give who was taken for whom and how often, beginning with the largest share."""
    confused = [(finding, other.name, count) for finding in people for other, count in finding.taken_for]
    return sorted(confused, key=lambda row: -row[2] / row[0].tested)[:MOST_CONFUSED]


def _show(mistake: Mistake) -> _Crop:
    return _Crop(_data_uri("image/jpeg", show_face(mistake.image)), mistake_in_words(mistake))


def _show_odd(finding: PersonFinding) -> tuple[str, ...]:
    """Give the sources of the samples that look like somebody else."""
    return tuple(_data_uri("image/jpeg", show_face(image)) for odd in finding.odd for image in odd.images)


def _data_uri(kind: str, data: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"
