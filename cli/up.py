"""familiar up: run Redis and all services on this machine until Ctrl-C."""

import os
import shlex
import threading
from typing import Annotated

import typer

from familiar.cli.console import out
from familiar.cli.settings import CliSettings
from familiar.cli.stack.local_stack import LocalSettings, LocalStack, local_redis_port
from familiar.shared.contract.errors import InvalidRequest, ServiceFailed
from familiar.shared.contract.source_address import parse_cameras
from familiar.shared.runtime.service import load_settings, stop_on_signals
from familiar.shared.runtime.settings import SiteSettings

LOOK_SECONDS = 0.5


def up(
    camera: Annotated[
        list[str] | None, typer.Option(help="A camera as name=source; may be given again. Else FAMILIAR_CAMERAS.")
    ] = None,
) -> None:
    """Start Redis and all services, and keep them running until Ctrl-C."""
    settings = load_settings(CliSettings)
    cameras = _cameras(camera)
    sites = load_settings(SiteSettings)
    stopped = threading.Event()
    stop_on_signals(stopped)
    local = LocalSettings(
        home=settings.home,
        port=sites.port,
        camera_port=sites.camera_port,
        redis_url=os.environ.get("REDIS_URL"),
        redis_port=local_redis_port(),
        cameras=cameras,
    )
    with LocalStack(local) as stack:
        out.print(f"Familiar is running. Open {local.url} to add people, train and watch.", markup=False)
        out.print(f"Samples, models and logs are in {local.home}. Ctrl-C ends.", markup=False)
        keep_serving(stack, stopped)
    out.print("Stopped.")


def _cameras(given: list[str] | None) -> str:
    """Return the cameras in the form of FAMILIAR_CAMERAS, validated as capture will parse them."""
    if any("://" in camera and "@" in camera for camera in given or ()):
        raise InvalidRequest(
            "A password on the command line can be read by everybody on this machine. Set FAMILIAR_CAMERAS instead."
        )
    text = " ".join(map(shlex.quote, given)) if given else os.environ.get("FAMILIAR_CAMERAS", "")
    try:
        parse_cameras(text)
    except ValueError as error:
        raise InvalidRequest(f"The cameras make no sense: {error}") from error
    return text


def keep_serving(stack: LocalStack, stopped: threading.Event) -> None:
    """Block until `stopped` is set.

    Raises:
        ServiceFailed: the process manager exited.
    """
    while not stopped.wait(LOOK_SECONDS):
        if not stack.alive():
            raise ServiceFailed(f"The process manager has ended; {stack.log_of('supervisord')} has the reason.")
