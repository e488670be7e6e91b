"""The settings that all services share, read from the environment; each service adds its own."""

from pathlib import Path
from typing import Annotated, Literal

import platformdirs
from pydantic import AliasChoices, BeforeValidator, Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from redis.connection import parse_url

LOCAL_REDIS_URL = "redis://127.0.0.1:6379/0"
# The names of this machine, and those of inference and capture in the container network.
LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1", "inference", "capture")


def _empty_is_unset(value: object) -> object:
    """Treat an empty setting as unset, because Docker Compose passes unset variables on as empty."""
    return None if value == "" else value


OptionalPath = Annotated[Path | None, BeforeValidator(_empty_is_unset)]

# Current names of settings by former name; the former ones are accepted until 0.3.0.
FORMER_NAMES = {"FAMILIAR_BACKGROUND": "FAMILIAR_STRANGERS"}
StrangersFolder = Annotated[
    OptionalPath,
    Field(
        validation_alias=AliasChoices("FAMILIAR_STRANGERS", "FAMILIAR_BACKGROUND"),
        description='A folder of pictures or crops of strangers, to learn "unknown" from.',
    ),
]


class Settings(BaseSettings):
    """The settings of every service.

    `redis_url` is read from REDIS_URL and left out of every representation, because it may hold a password.
    """

    model_config = SettingsConfigDict(env_prefix="FAMILIAR_", frozen=True, extra="ignore", populate_by_name=True)

    home: Path = Field(
        default_factory=lambda: platformdirs.user_data_path("familiar"),
        description="The folder in which samples, strangers' faces and models are kept.",
    )
    redis_url: str = Field(
        default=LOCAL_REDIS_URL,
        repr=False,
        validation_alias=AliasChoices("REDIS_URL"),
        description="Where Redis is. Where it is unset, `familiar up` starts one at this address.",
    )

    yunet: OptionalPath = Field(
        default=None,
        description="The file of a YuNet model, such as `face_detection_yunet_2026may.onnx` of OpenCV's model zoo, to "
        "find faces with it instead of the Haar cascade.",
    )

    @field_validator("redis_url")
    @classmethod
    def _require_address(cls, value: str) -> str:
        try:
            parse_url(value)
        except ValueError:
            # The address itself may hold a password, and is not repeated.
            raise ValueError("write an address such as redis://127.0.0.1:6379/0") from None
        return value

    log_format: Literal["console", "json"] = Field(
        default="console",
        description="`console` for lines that people read, or `json` for one object a line.",
    )


class SiteSettings(Settings):
    """The settings of the services that browsers reach.

    Requests for host names other than this machine's and `allowed_hosts` are refused, against DNS rebinding.
    """

    host: str = Field(default="127.0.0.1", description="The address that inference and capture listen on.")
    port: int = Field(
        default=8000,
        ge=0,
        le=65535,
        description="The port that inference listens on; capture takes pictures from its page alone.",
    )
    camera_port: int = Field(
        default=8001, ge=0, le=65535, description="The port on which capture takes the pictures of browsers."
    )
    allowed_hosts: Annotated[str, NoDecode] = Field(
        default="", description="Further host names under which Familiar may be asked, with blanks between them."
    )

    @property
    def all_allowed_hosts(self) -> frozenset[str]:
        """The host names under which Familiar may be reached, in lower case."""
        return frozenset(host.lower() for host in (*LOCAL_HOSTS, *self.allowed_hosts.split()))
