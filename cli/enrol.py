"""familiar enrol: collect samples of a person from a camera or from photographs."""

import math
import secrets
from pathlib import Path
from typing import Annotated

import redis
import typer

from familiar.cli.audited import audited
from familiar.cli.connections import Connections, connect
from familiar.cli.console import err, out
from familiar.cli.enrolment_progress import drawn_bars, follow_enrolments, refusals_in_words, require_extractor
from familiar.cli.own_token import authorization
from familiar.cli.people import SECOND_DAY
from familiar.cli.photo_camera import CaptureAddress, photo_camera
from familiar.shared.audit.entry import Action
from familiar.shared.contract.enrolment import Enrolment, EnrolmentState
from familiar.shared.contract.errors import InvalidRequest
from familiar.shared.redis.cameras import require_camera
from familiar.shared.redis.enrolment_restoring import restore_enrolments
from familiar.shared.redis.enrolments import (
    DEFAULT_PAUSE_SECONDS,
    DEFAULT_TEST_SAMPLES,
    DEFAULT_TRAIN_SAMPLES,
    Targets,
    begin_enrolment,
    cancel_enrolment,
    end_train_stretch,
    erase_enrolment,
    get_enrolment,
)
from familiar.shared.stores.sample_origin import sessions_in_words
from familiar.shared.stores.samples import Person
from familiar.shared.vision.picture_files import pictures_in

CameraOption = Annotated[str | None, typer.Option(help="The camera that shows the person.")]
PhotosOption = Annotated[
    Path | None, typer.Option(help="A folder of pictures of the person.", file_okay=False, exists=True)
]
TrainOption = Annotated[int, typer.Option(min=0, help="Samples to learn from.")]
TestOption = Annotated[int, typer.Option(min=0, help="Samples to be tested with.")]
PauseOption = Annotated[float, typer.Option(min=0, max=60, help="Seconds between train and test samples.")]


def enrol(
    name: Annotated[str, typer.Argument(help="The person's name.")],
    camera: CameraOption = None,
    photos: PhotosOption = None,
    train: TrainOption = DEFAULT_TRAIN_SAMPLES,
    test: TestOption = DEFAULT_TEST_SAMPLES,
    pause: PauseOption = DEFAULT_PAUSE_SECONDS,
) -> None:
    """Collect samples of a person until there are as many as asked for. Ctrl-C stops; what was collected stays.

    On another day, or once all are there, the same command collects as many once more, which makes for a better model.
    """
    connections = connect()
    if (camera is None) == (photos is None):
        raise InvalidRequest("Say where the person is to be seen: either --camera CAMERA or --photos FOLDER.")
    if photos is not None:
        enrolment = _enrol_from_photos(connections, name, photos, train, test)
    else:
        enrolment = _enrol_from_camera(connections, name, camera or "", Targets(train, test, pause))
    _print_result(enrolment, connections.samples.person(enrolment.request.person))
    if enrolment.state is not EnrolmentState.COMPLETE and photos is None:
        raise typer.Exit(1)


def _enrol_from_camera(connections: Connections, name: str, camera: str, targets: Targets) -> Enrolment:
    client, samples = connections.client, connections.samples
    require_camera(client, camera)
    restore_enrolments(client, samples)
    _begin(connections, camera, name, targets)
    try:
        (enrolment,) = follow_enrolments(client, samples, [camera])
    except BaseException:
        _cancel(connections, camera)
        raise
    return enrolment


def _begin(connections: Connections, camera: str, name: str, targets: Targets) -> None:
    with audited(connections.settings.home, Action.ENROL, camera=camera) as subject:
        enrolment = begin_enrolment(connections.client, connections.samples, camera, name, targets)
        subject["person"] = enrolment.request.person


def _cancel(connections: Connections, camera: str) -> None:
    """Cancel an enrolment, or say that it goes on."""
    try:
        restore_enrolments(connections.client, connections.samples)
        with audited(connections.settings.home, Action.CANCEL_ENROLMENT, camera=camera):
            cancel_enrolment(connections.client, connections.samples, camera)
    except (redis.ConnectionError, redis.TimeoutError):
        err.print(
            "The enrolment could not be cancelled, as Redis does not answer: it goes on when Redis is back. "
            "The page cancels it then.",
            style="red",
        )


def _enrol_from_photos(connections: Connections, name: str, folder: Path, train: int, test: int) -> Enrolment:
    """Send the first pictures for training and the rest for testing, in the proportion of the targets."""
    client = connections.client
    pictures = pictures_in(folder)
    if not pictures:
        raise InvalidRequest(f"The folder {str(folder)!r} holds no JPEG, PNG or WebP pictures.")
    require_extractor(client)
    # Camera names are logged, so the person's name must not be part of one: it could not be forgotten there.
    camera = f"photos-{secrets.token_hex(4)}"
    _begin(connections, camera, name, Targets(train, test, pause_seconds=0))
    for_training = math.ceil(len(pictures) * train / (train + test))
    try:
        with drawn_bars() as bars:

            def look() -> None:
                require_extractor(client)
                bars.show(get_enrolment(client, camera))

            capture = CaptureAddress(connections.settings.capture_address, authorization(connections.settings))
            with photo_camera(capture, camera, client, look) as shown:
                refused = shown.show(pictures[:for_training])
                end_train_stretch(client, connections.samples, camera)
                refused |= shown.show(pictures[for_training:])
            enrolment = get_enrolment(client, camera)
            bars.show(enrolment)
    finally:
        erase_enrolment(client, connections.samples, camera)
    for path, reason in refused.items():
        out.print(f"passed over: {path}: {reason}", markup=False)
    return enrolment


def _print_result(enrolment: Enrolment, person: Person) -> None:
    out.print(
        f"{enrolment.request.name}: {enrolment.train_samples} train and {enrolment.test_samples} test samples. "
        f"Not taken: {refusals_in_words(enrolment)}.",
        markup=False,
        highlight=False,
    )
    if person.sessions:
        words = f"{person.name} was enrolled in {sessions_in_words(person.sessions, person.days)}."
        out.print(f"{words} {SECOND_DAY}" if person.days == 1 else words, markup=False, highlight=False)
