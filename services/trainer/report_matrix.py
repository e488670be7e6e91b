"""The confusion matrix as a picture: who it is, and what the answer was; right in one colour, wrong in another."""

import numpy as np
from matplotlib.colors import to_rgb
from numpy.typing import NDArray

from services.trainer.report_canvas import FONT_SIZE, Theme, label_of, new_figure, style, to_png
from services.trainer.report_facts import ReportFacts
from services.trainer.report_findings import confusion

# Pixels on the page.
CELL = 44
SMALL_CELL = 21
MANY_PEOPLE = 10
LABELS = 170
# Names across the top are slanted, so they take less room than those at the side.
LOWER = 30

_LIGHT_TEXT_BELOW = 0.45


def matrix_width(people: int) -> int:
    """Give the width of the picture in pixels on the page."""
    return LABELS + _cell(people) * (people + 1)


def draw_confusion(facts: ReportFacts, theme: Theme) -> bytes:
    """Draw who was taken for whom: a row for each person and for strangers, a column for each answer."""
    people = len(facts.people)
    counts = confusion(facts)
    names = [label_of(person) for person in facts.people]
    width = matrix_width(people)
    figure = new_figure(width, width - LOWER, theme)
    axes = style(figure.subplots(), theme)
    axes.spines[:].set_visible(False)
    colours = _colours(counts, theme)
    axes.imshow(colours, interpolation="nearest")
    axes.set_xticks(range(people + 1), [*names, "unknown"], rotation=45, ha="left", rotation_mode="anchor")
    axes.xaxis.tick_top()
    axes.xaxis.set_label_position("top")
    axes.set_yticks(range(people + 1), [*names, "strangers"])
    axes.tick_params(labelcolor=theme.ink)
    axes.set_xlabel("the answer", labelpad=10)
    axes.set_ylabel("who it is")
    axes.set_xticks(np.arange(people) + 0.5, minor=True)
    axes.set_yticks(np.arange(people) + 0.5, minor=True)
    axes.grid(which="minor", color=theme.surface, linewidth=2 if people <= MANY_PEOPLE else 1)
    axes.tick_params(which="minor", length=0)
    for row in np.flatnonzero(counts.sum(axis=1) == 0).tolist():
        axes.text(people / 2, row, "not tested", ha="center", va="center", color=theme.muted, size=FONT_SIZE * 0.88)
    size = FONT_SIZE * (0.95 if people <= MANY_PEOPLE else 0.65)
    for row, column in zip(*np.nonzero(counts), strict=True):
        dark = colours[row, column] @ (0.2126, 0.7152, 0.0722) < _LIGHT_TEXT_BELOW
        axes.text(
            column,
            row,
            str(counts[row, column]),
            ha="center",
            va="center",
            color="#ffffff" if dark else "#000000",
            size=size,
        )
    return to_png(figure)


def _cell(people: int) -> int:
    return CELL if people <= MANY_PEOPLE else SMALL_CELL


def _colours(counts: NDArray[np.int64], theme: Theme) -> NDArray[np.float64]:
    """Mix each cell's colour, `(rows, columns, 3)`, 0..1: the stronger, the larger its share of its row.

    The square root, and what it begins with, make a single mistake visible.
    """
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    strength = np.where(counts > 0, 0.2 + 0.8 * np.sqrt(shares), 0)[..., np.newaxis]
    people = len(counts) - 1
    full = np.empty((*counts.shape, 3))
    full[:] = to_rgb(theme.wrong)
    full[:, people] = to_rgb(theme.unknown)
    full[np.arange(people), np.arange(people)] = to_rgb(theme.right)
    full[people, people] = to_rgb(theme.right)
    mixed: NDArray[np.float64] = full * strength + np.array(to_rgb(theme.grid)) * (1 - strength)
    return mixed
