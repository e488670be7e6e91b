"""The confusion matrix as a picture: who it is, and what the answer was; right in one colour, wrong in another."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from numpy.typing import NDArray

from familiar.services.trainer.report.canvas import FONT_SIZE, Theme, label_of, new_figure, style, to_png
from familiar.services.trainer.report.facts import ReportFacts
from familiar.services.trainer.report.findings import confusion

# CSS pixels.
LARGEST_CELL = 44
SMALLEST_CELL = 21
ALL_CELLS = 880
LABELS = 170
# Names across the top are slanted, so they take less room than those at the side.
LOWER = 30

# Coefficients of red, green and blue (ITU-R BT.709).
LUMINANCE = (0.2126, 0.7152, 0.0722)
LIGHT_TEXT_BELOW = 0.45


def draw_confusion(facts: ReportFacts, theme: Theme) -> bytes:
    """Draw the confusion matrix: a row for each person and for strangers, a column for each answer."""
    cell = _cell_size(len(facts.people))
    width = LABELS + cell * (len(facts.people) + 1)
    figure = new_figure(width, width - LOWER, theme)
    axes = style(figure.subplots(), theme)
    _name_rows_and_columns(axes, [label_of(person) for person in facts.people], theme)
    axes.grid(which="minor", color=theme.surface, linewidth=cell / 22)
    _fill_cells(axes, confusion(facts), FONT_SIZE * (0.35 + 0.6 * cell / LARGEST_CELL), theme)
    return to_png(figure)


def _name_rows_and_columns(axes: Axes, names: list[str], theme: Theme) -> None:
    people = len(names)
    axes.spines[:].set_visible(False)
    axes.set_xticks(range(people + 1), [*names, "unknown"], rotation=45, ha="left", rotation_mode="anchor")
    axes.set_yticks(range(people + 1), [*names, "strangers"])
    axes.set_xticks(np.arange(people) + 0.5, minor=True)
    axes.set_yticks(np.arange(people) + 0.5, minor=True)
    axes.tick_params(which="both", length=0, labelcolor=theme.ink)
    axes.xaxis.tick_top()
    axes.xaxis.set_label_position("top")
    axes.set_xlabel("the answer", labelpad=10)
    axes.set_ylabel("who it is")


def _fill_cells(axes: Axes, counts: NDArray[np.int64], size: float, theme: Theme) -> None:
    """Colour the cells, and write each count that is not 0 into its own, at `size` points."""
    colours = _colours(counts, theme)
    axes.imshow(colours, interpolation="nearest")
    middle = {"ha": "center", "va": "center"}
    for row in np.flatnonzero(counts.sum(axis=1) == 0).tolist():
        axes.text(len(counts) / 2 - 0.5, row, "not tested", middle, color=theme.muted, size=FONT_SIZE * 0.88)
    for row, column in np.argwhere(counts).tolist():
        dark = colours[row, column] @ LUMINANCE < LIGHT_TEXT_BELOW
        axes.text(column, row, str(counts[row, column]), middle, color="white" if dark else "black", size=size)


def _cell_size(people: int) -> int:
    """Return the side of a cell in CSS pixels, so that the picture is no wider than the page if it can be."""
    return max(SMALLEST_CELL, min(LARGEST_CELL, ALL_CELLS // (people + 1)))


def _colours(counts: NDArray[np.int64], theme: Theme) -> NDArray[np.float64]:
    """Return each cell's colour, `(rows, columns, 3)`, 0..1: the stronger, the larger its share of its row.

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
