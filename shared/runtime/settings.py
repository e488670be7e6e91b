"""The settings that every service has. They come from the environment; a service adds its own to these."""

from pathlib import Path
from typing import Annotated, Literal

import platformdirs
from pydantic import AliasChoices, BeforeValidator, Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from redis.connection import parse_url

LOCAL_REDIS_URL = "redis://127.0.0.1:6379/0"
# The names of this machine, and those of inference and capture among the containers.
LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1", "inference", "capture")


def _empty_is_unset(value: object) -> object:
    """Take an empty setting for an unset one: Docker Compose passes on what is unset so."""
    return None if value == "" else value


OptionalPath = Annotated[Path | None, BeforeValidator(_empty_is_unset)]

# By the former name of a setting, its name; the former one counts until 0.3.0.
FORMER_NAMES = {"FAMILIAR_BACKGROUND": "FAMILIAR_STRANGERS"}
StrangersFolder = Annotated[
    OptionalPath,
    Field(
        validation_alias=AliasChoices("FAMILIAR_STRANGERS", "FAMILIAR_BACKGROUND"),
        description='A folder of pictures or crops of strangers, to learn "unknown" from.',
    ),
]


class Settings(BaseSettings):
    """Where things are kept and where Redis is.

    `redis_url` may hold a password: it is read from REDIS_URL and left out of every representation.
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
    """What the services are told that a browser reaches.

    `allowed_hosts` are the names under which they may be asked, beside this machine's own: a web page that makes its
    name point here is refused.
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
        """The host names under which Familiar answers, in small letters."""
        return frozenset(host.lower() for host in (*LOCAL_HOSTS, *self.allowed_hosts.split()))
