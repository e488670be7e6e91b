"""The reliability diagram: how many answers were right, by confidence."""

import numpy as np
from matplotlib.ticker import PercentFormatter

from familiar.services.trainer.judge.reliability import BINS, Reliability
from familiar.services.trainer.report.canvas import FONT_SIZE, Theme, new_figure, style, to_png
from familiar.services.trainer.report.pictures import HEIGHT, WIDTH

# Of a bin's width.
BAR_WIDTH = 0.86


def draw_reliability(reliability: Reliability, theme: Theme) -> bytes:
    """Draw accuracy by bin of confidence above, and each bin's share of all answers below."""
    figure = new_figure(WIDTH, HEIGHT, theme)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    style(above, theme, "Right answers")
    style(below, theme, "Share of all answers")
    middles, width, filled = (np.arange(BINS) + 0.5) / BINS, BAR_WIDTH / BINS, reliability.weight > 0
    above.grid(axis="y", color=theme.grid)
    above.bar(middles[filled], reliability.right[filled], width, color=theme.right)
    # The bar of a bin in which nothing was right is invisible, so each has a mark at its end.
    above.plot(reliability.confidence[filled], reliability.right[filled], "o", color=theme.ink, markersize=4)
    above.plot((0, 1), (0, 1), "--", color=theme.wrong, linewidth=1.5, label="as sure as right")
    above.legend(loc="upper left", frameon=False, labelcolor=theme.ink, fontsize=FONT_SIZE * 0.88)
    above.set_ylim(-0.02, 1.02)
    below.bar(middles, reliability.weight, width, color=theme.unknown)
    below.set_xlim(0, 1)
    for axis in (above.yaxis, below.yaxis, below.xaxis):
        axis.set_major_formatter(PercentFormatter(1, decimals=0))
    below.set_xlabel("how sure it was of its answer")
    return to_png(figure)
