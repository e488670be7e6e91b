"""The settings of capture."""

from typing import Annotated, Any, ClassVar

from pydantic import Field, field_validator
from pydantic_settings import NoDecode

from familiar.shared.contract import redis_names
from familiar.shared.contract.source_address import SourceAddress, parse_cameras
from familiar.shared.runtime.settings import SiteSettings


class CaptureSettings(SiteSettings):
    """Settings of capture, read from the environment.

    FAMILIAR_CAMERAS names the cameras as `name=source`, separated by blanks, with quotes around values that contain
    blanks: `door=0 yard=rtsp://192.0.2.7/stream film='my film.mp4#loop'`.
    """

    redis_user: ClassVar[str] = redis_names.CAPTURE

    cameras: Annotated[dict[str, SourceAddress], NoDecode] = Field(
        default_factory=dict,
        repr=False,
        description="The cameras, as `name=source`, with blanks between them and quotes around what holds blanks.",
    )

    most_cameras: int = Field(
        default=64,
        ge=1,
        description="How many cameras of browsers there may be at a time, those included that ended within ten "
        "seconds.",
    )

    @field_validator("cameras", mode="before")
    @classmethod
    def _parse_cameras(cls, value: Any) -> Any:  # noqa: ANN401 - raw input
        return parse_cameras(value) if isinstance(value, str) else value
