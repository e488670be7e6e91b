"""Canvas of the report's pictures: a figure in light or dark colours, names that its font can show, PNG.

Only matplotlib's object interface is used, as pyplot keeps its figures in global state. Matplotlib writes its font
cache below MPLCONFIGDIR or the home; where neither can be written, into a temporary folder.
"""

import io
import unicodedata
from dataclasses import dataclass
from functools import cache

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import findfont, get_font

from familiar.services.trainer.report.facts import ReportPerson

PIXELS_PER_INCH = 200
# Device pixels per CSS pixel, for sharpness on high-density screens.
DENSITY = 2
FONT_SIZE = 13 * 72 * DENSITY / PIXELS_PER_INCH
LONGEST_NAME = 20


@dataclass(frozen=True)
class Theme:
    """Colours of a picture; right, wrong and strangers differ for colour-blind eyes, too (Okabe and Ito, 2008)."""

    surface: str
    ink: str
    muted: str
    grid: str
    right: str
    wrong: str
    unknown: str
    stranger: str


LIGHT = Theme(
    surface="#ffffff",
    ink="#1c2430",
    muted="#5b6675",
    grid="#e3e7ec",
    right="#0072b2",
    wrong="#d55e00",
    unknown="#aab3be",
    stranger="#a2528a",
)
DARK = Theme(
    surface="#1b2129",
    ink="#e8ecf1",
    muted="#a3adba",
    grid="#343d49",
    right="#4fa8dc",
    wrong="#f0824a",
    unknown="#6c7785",
    stranger="#cc79a7",
)


def new_figure(width: int, height: int, theme: Theme) -> Figure:
    """Return a figure of this size in CSS pixels; its PNG has `DENSITY` times as many each way."""
    size = (width * DENSITY / PIXELS_PER_INCH, height * DENSITY / PIXELS_PER_INCH)
    figure = Figure(figsize=size, dpi=PIXELS_PER_INCH, facecolor=theme.surface, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def style(axes: Axes, theme: Theme, title: str = "") -> Axes:
    """Apply the theme's colours and sizes to axes, and remove every line that says nothing."""
    axes.set_facecolor(theme.surface)
    axes.tick_params(colors=theme.muted, labelsize=FONT_SIZE * 0.88, length=0)
    axes.spines[:].set_visible(False)
    axes.spines["bottom"].set(visible=True, color=theme.muted)
    axes.set_axisbelow(True)
    axes.xaxis.label.set(color=theme.muted, size=FONT_SIZE * 0.92)
    axes.yaxis.label.set(color=theme.muted, size=FONT_SIZE * 0.92)
    axes.set_title(title, loc="left", color=theme.ink, size=FONT_SIZE, weight="bold", pad=8)
    return axes


def to_png(figure: Figure) -> bytes:
    """Return a figure rendered as PNG."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=PIXELS_PER_INCH, facecolor=figure.get_facecolor())
    return buffer.getvalue()


def label_of(person: ReportPerson, longest: int = LONGEST_NAME) -> str:
    """Return a person's name as a picture can show it: shortened, or the slug where the font lacks glyphs.

    A dollar sign is escaped, as it would begin a formula.
    """
    name = person.name if _can_be_drawn(person.name) else person.slug
    shortened = name if len(name) <= longest else f"{name[: longest - 1].rstrip()}…"
    return shortened.replace("$", r"\$")


def _can_be_drawn(text: str) -> bool:
    """Return whether the font has every glyph; right-to-left letters it has, but draws in the wrong order."""
    letters = _letters()
    return all(ord(letter) in letters and unicodedata.bidirectional(letter) not in {"R", "AL"} for letter in text)


@cache
def _letters() -> frozenset[int]:
    return frozenset(get_font(findfont("DejaVu Sans")).get_charmap())
