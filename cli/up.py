"""familiar up: run Redis and all services on this machine until Ctrl-C."""

import os
import shlex
import threading
from datetime import UTC, datetime
from typing import Annotated

import typer

from familiar.cli.console import out
from familiar.cli.settings import CliSettings
from familiar.cli.stack.local_stack import LocalSettings, LocalStack
from familiar.shared.contract.errors import InvalidRequest, ServiceFailed
from familiar.shared.contract.source_address import parse_cameras
from familiar.shared.runtime.service import load_settings, stop_on_signals
from familiar.shared.runtime.settings import SiteSettings
from familiar.shared.stores.encryption_key import required_seals

LOOK_SECONDS = 0.5


def up(
    camera: Annotated[
        list[str] | None, typer.Option(help="A camera as name=source; may be given again. Else FAMILIAR_CAMERAS.")
    ] = None,
) -> None:
    """Start Redis and all services, and keep them running until Ctrl-C."""
    settings = load_settings(CliSettings)
    cameras = _cameras(camera)
    # Services without the right key would end again and again.
    required_seals(settings.home, settings)
    sites = load_settings(SiteSettings)
    stopped = threading.Event()
    stop_on_signals(stopped)
    local = LocalSettings(
        home=settings.home,
        port=sites.port,
        camera_port=sites.camera_port,
        redis_url=settings.redis_url if settings.redis_is_given else None,
        cameras=cameras,
        keep_log_days=settings.keep_log_days,
    )
    with LocalStack(local) as stack:
        # Wrapped, a link could not be clicked.
        words = f"Familiar is running. Open {stack.link} to add people, train and watch."
        out.print(words, markup=False, soft_wrap=True)
        out.print(f"Samples, models and logs are in {local.home}. Ctrl-C ends.", markup=False)
        keep_serving(stack, stopped)
    out.print("Stopped.")


def _cameras(given: list[str] | None) -> str:
    """Return the cameras in the form of FAMILIAR_CAMERAS, validated as capture will parse them."""
    text = " ".join(map(shlex.quote, given)) if given else os.environ.get("FAMILIAR_CAMERAS", "")
    try:
        cameras = parse_cameras(text)
    except ValueError as error:
        raise InvalidRequest(f"The cameras make no sense: {error}") from error
    for name, address in cameras.items():
        if given and address.may_hold_a_secret:
            raise InvalidRequest(
                f"The address of {name!r} may hold a password, and everybody on this machine can read a command line. "
                "Set FAMILIAR_CAMERAS instead."
            )
    return text


def keep_serving(stack: LocalStack, stopped: threading.Event) -> None:
    """Block until `stopped` is set, and keep the logs as long as the settings say.

    Raises:
        ServiceFailed: the process manager exited.
    """
    while not stopped.wait(LOOK_SECONDS):
        stack.keep_logs(datetime.now(UTC))
        if not stack.alive():
            raise ServiceFailed(f"The process manager has ended; {stack.log_of('supervisord')} has the reason.")
