"""Progress of enrolments: bars of train and test samples, and why frames were refused."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import redis
from rich.console import Group
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.text import Text

from familiar.cli.connections import through_outages
from familiar.cli.console import err
from familiar.shared.contract import redis_names
from familiar.shared.contract.enrolment import Enrolment, EnrolmentState
from familiar.shared.contract.errors import ExtractorMissing, SourceFailed
from familiar.shared.contract.slugs import printable
from familiar.shared.redis.cameras import CameraState, live_cameras
from familiar.shared.redis.enrolment_restoring import restore_enrolments
from familiar.shared.redis.enrolments import get_enrolment
from familiar.shared.stores.samples import SampleStore

LOOK_SECONDS = 0.2
# Extractors send a heartbeat every second, but need a few to start.
PATIENCE_SECONDS = 10.0


class EnrolmentBars:
    """The progress bars of any number of enrolments, drawn on standard error."""

    def __init__(self) -> None:
        self._progress = Progress(
            TextColumn("{task.description:>24}", markup=False), BarColumn(40), MofNCompleteColumn(), console=err
        )
        self._tasks: dict[tuple[str, str], int] = {}
        self._refusals: dict[str, str] = {}

    def show(self, enrolment: Enrolment) -> None:
        """Draw the current state of an enrolment."""
        request = enrolment.request
        name = printable(request.name)
        for split, count, target in (
            ("train", enrolment.train_samples, request.train),
            ("test", enrolment.test_samples, request.test),
        ):
            key = (request.camera, split)
            if key not in self._tasks:
                self._tasks[key] = self._progress.add_task(f"{name} {split}", total=target)
            self._progress.update(self._tasks[key], completed=min(count, target))  # type: ignore[arg-type]
        if enrolment.refused:
            self._refusals[name] = refusals_in_words(enrolment)

    def __rich__(self) -> Group:
        """Render the bars, and a line of refusals for each person."""
        lines = [Text(f"{name}: not taken: {refusals}", style="dim") for name, refusals in self._refusals.items()]
        return Group(self._progress, *lines)


def refusals_in_words(enrolment: Enrolment) -> str:
    """Return the reasons why frames gave no sample with their counts, most frequent first."""
    counts = sorted(enrolment.refused.items(), key=lambda item: -item[1])
    return ", ".join(f"{refusal} {count}" for refusal, count in counts) or "none"


@contextmanager
def drawn_bars() -> Iterator[EnrolmentBars]:
    """Draw bars for the duration of the `with` block."""
    bars = EnrolmentBars()
    with Live(bars, console=err, refresh_per_second=8):
        yield bars


def follow_enrolments(client: redis.Redis, store: SampleStore, cameras: list[str]) -> list[Enrolment]:
    """Draw the enrolments of cameras until none is collecting, and return their final states.

    Redis may restart meanwhile, without its data, too.

    Raises:
        SourceFailed: a camera ended or disappeared before its enrolment was complete.
        ExtractorMissing: no extractor is running.
        UnknownEnrolment: the person was forgotten meanwhile.
    """
    flowing_at = time.monotonic()

    def look() -> list[Enrolment]:
        restore_enrolments(client, store)
        return [get_enrolment(client, camera) for camera in cameras]

    with drawn_bars() as bars:
        while True:
            enrolments = through_outages(look)
            for enrolment in enrolments:
                bars.show(enrolment)
            collecting = [enrolment for enrolment in enrolments if enrolment.state is EnrolmentState.COLLECTING]
            if not collecting:
                return enrolments
            try:
                through_outages(partial(_require_flow, client, collecting))
                flowing_at = time.monotonic()
            except (SourceFailed, ExtractorMissing):
                # What has just started, or lost its data, is announced anew within seconds.
                if time.monotonic() - flowing_at > PATIENCE_SECONDS:
                    raise
            time.sleep(LOOK_SECONDS)


def require_extractor(client: redis.Redis) -> None:
    """Check that an extractor is running.

    Raises:
        ExtractorMissing: none has sent a heartbeat within `PATIENCE_SECONDS`.
    """
    newest = client.zrange(redis_names.EXTRACTORS, -1, -1, withscores=True)
    if not newest or client.time()[0] - float(newest[0][1]) > PATIENCE_SECONDS:
        raise ExtractorMissing


def _require_flow(client: redis.Redis, collecting: list[Enrolment]) -> None:
    require_extractor(client)
    cameras = {camera.camera: camera for camera in live_cameras(client)}
    for enrolment in collecting:
        name = enrolment.request.camera
        camera = cameras.get(name)
        if camera is None:
            raise SourceFailed(
                f"The camera {name!r} is not running any more. What was collected stays; enrol again to go on."
            )
        if camera.state is CameraState.ENDED and client.xlen(redis_names.frames(name)) == 0:
            raise SourceFailed(
                f"The camera {name!r} ended with {enrolment.train_samples} train and {enrolment.test_samples} test "
                "samples. They stay. Enrol again to go on, or from another camera."
            )
