"""Pictures of a report: learning curves, scores, samples and a face. Others have modules of their own."""

from collections.abc import Mapping, Sequence

import cv2
import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, PercentFormatter
from numpy.typing import NDArray

from familiar.services.trainer.report.canvas import FONT_SIZE, Theme, label_of, new_figure, style, to_png
from familiar.services.trainer.report.facts import ReportFacts
from familiar.services.trainer.report.findings import PersonFinding
from familiar.shared.contract.messages import Epoch
from familiar.shared.redis.enrolments import DEFAULT_TEST_SAMPLES, DEFAULT_TRAIN_SAMPLES
from familiar.shared.vision.images import Image, encode_jpeg

# CSS pixels; narrow enough for a phone to show them with little shrinking.
WIDTH = 480
HEIGHT = 400
BAR_HEIGHT = 26
BINS = 25
FACE_SIZE = 176


def draw_learning_curves(history: Sequence[Epoch], theme: Theme) -> bytes:
    """Draw accuracy and loss by epoch, with the kept epoch marked."""
    figure = new_figure(WIDTH, HEIGHT, theme)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
    numbers = [epoch.epoch for epoch in history]
    kept = [epoch for epoch in history if epoch.kept][-1]
    style(above, theme, "Right answers")
    style(below, theme, "Surprise (loss)")
    for axes, seen, checked in (
        (above, [epoch.accuracy for epoch in history], [epoch.validation_accuracy for epoch in history]),
        (below, [epoch.loss for epoch in history], [epoch.validation_loss for epoch in history]),
    ):
        axes.grid(axis="y", color=theme.grid)
        axes.axvline(kept.epoch, color=theme.muted, linestyle=":", linewidth=1.5)
        axes.plot(numbers, seen, "o--", color=theme.wrong, markersize=4, label="pictures it learns from")
        axes.plot(numbers, checked, "o-", color=theme.right, markersize=4, label="pictures held back to check")
    above.plot(
        kept.epoch, kept.validation_accuracy, "o", color=theme.right, markersize=10, markerfacecolor=theme.surface
    )
    above.yaxis.set_major_formatter(PercentFormatter(1))
    above.set_ylim(top=1.02)
    above.legend(
        loc="lower right", facecolor=theme.surface, edgecolor="none", labelcolor=theme.ink, fontsize=FONT_SIZE * 0.88
    )
    below.set_ylim(bottom=0)
    below.set_xlim(numbers[0] - 0.4, numbers[-1] + 0.4)
    below.xaxis.set_major_locator(MaxNLocator(integer=True))
    below.set_xlabel(f"epoch (kept: {kept.epoch} of {numbers[-1]}, the dotted line)")
    return to_png(figure)


def draw_scores(facts: ReportFacts, theme: Theme) -> bytes:
    """Draw histograms of confidence, of known people above and of strangers below, with the threshold in both."""
    figure = new_figure(WIDTH, HEIGHT, theme)
    above, below = figure.subplots(2, 1, sharex=True)
    right = (
        facts.test_probabilities.argmax(axis=1) == facts.test_labels if len(facts.test_labels) else np.empty(0, bool)
    )
    known, strangers = facts.test_confidences(), facts.stranger_confidences()
    style(above, theme, f"People it knows: {_named_in_words(known, facts.threshold)}")
    style(below, theme, f"Strangers: {_named_in_words(strangers, facts.threshold)}")
    people = {"right person": (known[right], theme.right), "wrong person": (known[~right], theme.wrong)}
    _draw_histogram(above, people, facts.threshold, theme)
    _draw_histogram(below, {"strangers": (strangers, theme.stranger)}, facts.threshold, theme)
    if len(known):
        above.legend(loc="upper left", frameon=False, labelcolor=theme.ink, fontsize=FONT_SIZE * 0.88)
    below.set_xlim(0, 1)
    below.xaxis.set_major_formatter(PercentFormatter(1))
    below.set_xlabel(f"how sure it was of its answer (a name from {facts.threshold:.0%} on, the dashed line)")
    return to_png(figure)


def _draw_histogram(
    axes: Axes, groups: Mapping[str, tuple[NDArray[np.float32], str]], threshold: float, theme: Theme
) -> None:
    """Draw stacked histograms of groups of confidences, with a grey background below the threshold."""
    axes.axvspan(0, threshold, color=theme.unknown, alpha=0.18, linewidth=0)
    axes.axvline(threshold, color=theme.ink, linestyle="--", linewidth=1.5)
    confidences = [group for group, _ in groups.values()]
    if not sum(map(len, confidences)):
        axes.set_yticks([])
        return
    axes.set_ylabel("pictures")
    edges = np.linspace(0, 1, BINS + 1).tolist()
    axes.hist(confidences, edges, stacked=True, color=[colour for _, colour in groups.values()], label=list(groups))
    axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))


def _named_in_words(confidences: NDArray[np.float32], threshold: float) -> str:
    if not len(confidences):
        return "no pictures to test with"
    named = int((confidences >= threshold).sum())
    return f"{named} got a name, {len(confidences) - named} did not"


def draw_samples(people: Sequence[PersonFinding], theme: Theme) -> bytes:
    """Draw how many samples each person has to learn from and to test with, beside the usual numbers."""
    figure = new_figure(WIDTH, 110 + BAR_HEIGHT * len(people), theme)
    learned, tested = figure.subplots(1, 2, sharey=True, width_ratios=(3, 2))
    rows = np.arange(len(people))
    learned.set_yticks(rows, [label_of(finding.person) for finding in people])
    learned.set_ylim(len(people) - 0.4, -0.6)
    train = np.array([finding.person.train_samples for finding in people])
    style(learned, theme, "To learn from")
    style(tested, theme, "To test with")
    learned.tick_params(axis="y", labelcolor=theme.ink)
    learned.barh(rows, train, 0.62, color=theme.right, label="learned from")
    tested.barh(rows, [finding.tested for finding in people], 0.62, color=theme.right)
    for axes, usual in ((learned, DEFAULT_TRAIN_SAMPLES), (tested, DEFAULT_TEST_SAMPLES)):
        axes.axvline(usual, color=theme.ink, linestyle="--", linewidth=1.2)
        axes.grid(axis="x", color=theme.grid)
        axes.set_xlim(0, max(axes.get_xlim()[1], usual * 1.08))
        axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
    figure.legend(loc="outside lower center", ncols=3, frameon=False, labelcolor=theme.ink, fontsize=FONT_SIZE * 0.88)
    return to_png(figure)


def show_face(image: Image) -> bytes:
    """Return a face, RGB, as a small JPEG."""
    small = cv2.resize(image, (FACE_SIZE, FACE_SIZE), interpolation=cv2.INTER_AREA)
    return encode_jpeg(cv2.cvtColor(small, cv2.COLOR_RGB2BGR).astype(np.uint8, copy=False))
