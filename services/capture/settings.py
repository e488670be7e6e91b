"""The settings of capture."""

import shlex
from typing import Annotated, Any

from pydantic import Field, field_validator
from pydantic_settings import NoDecode

from services.capture.sources.address import SourceAddress, parse_source_address
from shared.contract.errors import FamiliarError
from shared.contract.slugs import is_slug
from shared.runtime.settings import SiteSettings


class CaptureSettings(SiteSettings):
    """What capture is told.

    FAMILIAR_CAMERAS names the cameras, each as `name=source`, with blanks between them and quotes around
    what has blanks in it: `door=0 yard=rtsp://192.0.2.7/stream film='my film.mp4#loop'`.
    """

    cameras: Annotated[dict[str, SourceAddress], NoDecode] = Field(
        default_factory=dict,
        repr=False,
        description="The cameras, as `name=source`, with blanks between them and quotes around what holds blanks.",
    )

    @field_validator("cameras", mode="before")
    @classmethod
    def _parse_cameras(cls, value: Any) -> Any:  # noqa: ANN401 - what a user wrote may be anything
        return parse_cameras(value) if isinstance(value, str) else value


def parse_cameras(text: str) -> dict[str, SourceAddress]:
    """Read cameras, each as `name=source`, with blanks between them.

    A message never repeats what was written: there may be passwords in it, wherever the slip is.

    Raises:
        ValueError: the text makes no sense; the message says where and why.
    """
    cameras: dict[str, SourceAddress] = {}
    for number, part in enumerate(shlex.split(text), start=1):
        name, separator, source = part.partition("=")
        if not separator or not is_slug(name):
            raise ValueError(f"camera {number}: write name=source, the name in lower-case letters, digits and hyphens")
        if name in cameras:
            raise ValueError(f"{name!r} is named twice")
        try:
            cameras[name] = parse_source_address(source)
        except FamiliarError as error:
            raise ValueError(error.detail) from error
    return cameras
