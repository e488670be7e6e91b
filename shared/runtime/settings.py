"""The settings that all services share, read from the environment; each service adds its own."""

from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, ClassVar, Literal

import platformdirs
from pydantic import AliasChoices, BeforeValidator, Field, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from familiar.shared.contract import redis_names
from familiar.shared.runtime.quotas import Quotas
from familiar.shared.runtime.redis_address import local_address_file, read_address, require_address

KEEP_LOG_DAYS = 14
# The names of this machine.
LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")


def _is_loopback(host: str) -> bool:
    """Return whether only this machine can reach an address."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _empty_is_unset(value: object) -> object:
    """Treat an empty setting as unset, because Docker Compose passes unset variables on as empty."""
    return None if value == "" else value


OptionalPath = Annotated[Path | None, BeforeValidator(_empty_is_unset)]
OptionalText = Annotated[str | None, BeforeValidator(_empty_is_unset)]

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

    The address of Redis may hold a password, and is left out of every representation.
    """

    redis_user: ClassVar[str] = redis_names.CLI
    """The user as whom this process connects to the Redis of its FAMILIAR_HOME."""

    model_config = SettingsConfigDict(env_prefix="FAMILIAR_", frozen=True, extra="ignore", populate_by_name=True)

    home: Path = Field(
        default_factory=lambda: platformdirs.user_data_path("familiar"),
        description="The folder in which samples, strangers' faces and models are kept.",
    )
    given_redis_url: OptionalText = Field(
        default=None,
        repr=False,
        validation_alias=AliasChoices("REDIS_URL"),
        description="Where Redis is: `redis://`, `rediss://` for TLS, or `unix://`, with user and password if it has "
        "any. Where neither this nor REDIS_URL_FILE is set, it is the one that `familiar up` starts.",
    )
    redis_url_file: OptionalPath = Field(
        default=None,
        validation_alias=AliasChoices("REDIS_URL_FILE"),
        description="A file with such an address, which keeps its password out of the environment.",
    )

    yunet: OptionalPath = Field(
        default=None,
        description="The file of a YuNet model, such as `face_detection_yunet_2026may.onnx` of OpenCV's model zoo, to "
        "find faces with it instead of the Haar cascade.",
    )

    @property
    def redis_is_given(self) -> bool:
        """Whether a setting says where Redis is; else it is that of FAMILIAR_HOME."""
        return bool(self.given_redis_url or self.redis_url_file)

    @property
    def redis_url(self) -> str:
        """The address of Redis, with this process's user and password.

        Raises:
            RedisUnavailable: there is no address where it is looked for, as before the first `familiar up`.
        """
        return self.given_redis_url or read_address(
            self.redis_url_file or local_address_file(self.home, self.redis_user)
        )

    @field_validator("given_redis_url")
    @classmethod
    def _require_address(cls, value: str | None) -> str | None:
        if value is not None:
            require_address(value)
        return value

    log_format: Literal["console", "json"] = Field(
        default="console",
        description="`console` for lines that people read, or `json` for one object a line.",
    )


class StoreSettings(Settings):
    """The settings of whoever reads and writes faces: the key, quotas by kind, and the space that is kept free."""

    key_file: OptionalPath = Field(
        default=None,
        description="A file with the key by which faces are encrypted, made by `familiar key new`; keep it on another "
        "disk than FAMILIAR_HOME. Where neither this nor FAMILIAR_KEYRING is set, they are not encrypted.",
    )
    keyring: bool = Field(
        default=False,
        description="Whether that key is in the system's keyring, made by `familiar key new --keyring`; "
        "FAMILIAR_KEY_FILE goes before it.",
    )

    most_people: int = Field(default=500, ge=1, description="How many people may be enrolled.")
    most_samples: int = Field(default=5_000, ge=1, description="How many samples a person may have.")
    most_strangers: int = Field(default=20_000, ge=0, description="How many faces of strangers may be stored.")
    least_free_mb: int = Field(
        default=200,
        ge=0,
        description="How many megabytes of the disk stay free: with less, people, samples, strangers' faces and "
        "trainings are refused. Forgetting, records and logs still find room then.",
    )

    @property
    def quotas(self) -> Quotas:
        """The quotas of the stores."""
        return Quotas(self.most_people, self.most_samples, self.most_strangers, self.least_free_mb)


class RetentionSettings(StoreSettings):
    """How long what is stored is kept."""

    keep_samples_days: int = Field(
        default=0,
        ge=0,
        le=36_500,
        description="For how many days samples are kept after they were taken; who has none left to train on is "
        "forgotten. 0 keeps them until somebody deletes them.",
    )
    keep_strangers_days: int = Field(
        default=365,
        ge=0,
        le=36_500,
        description="For how many days strangers' faces are kept that were marked or given; 0 keeps them until "
        "somebody deletes them. Fetched ones are public, and stay.",
    )
    keep_versions: int = Field(
        default=10,
        ge=1,
        description="How many model versions are kept. The served one, the pinned one and the one to go back to are, "
        "however old.",
    )
    keep_history_days: int = Field(
        default=30, ge=1, le=36_500, description="For how many days predictions and sightings are kept in Redis."
    )
    keep_log_days: int = Field(
        default=KEEP_LOG_DAYS,
        ge=1,
        le=1000,
        description="For how many days `familiar up` keeps its logs, each in at most as many files of 1 MB.",
    )


class SiteSettings(Settings):
    """The settings of the services that browsers reach.

    Requests for host names other than this machine's and `allowed_hosts` are refused, against DNS rebinding.
    """

    host: str = Field(default="127.0.0.1", description="The address that inference and capture listen on.")
    access: Literal["tokens", "open"] = Field(
        default="tokens",
        description="`tokens`: whoever asks inference or capture needs a token. `open`: nobody does, which is refused "
        "where FAMILIAR_HOST is not this machine's own address, such as 127.0.0.1.",
    )
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

    @field_validator("access")
    @classmethod
    def _require_loopback(cls, value: str, known: ValidationInfo) -> str:
        host = known.data.get("host")
        if value == "open" and not _is_loopback(str(host)):
            raise ValueError(
                f"`open` would let everybody in who reaches {host}. Leave it at `tokens`, or set FAMILIAR_HOST to "
                "127.0.0.1"
            )
        return value

    @property
    def all_allowed_hosts(self) -> frozenset[str]:
        """The host names under which Familiar may be reached, in lower case."""
        return frozenset(host.lower() for host in (*LOCAL_HOSTS, *self.allowed_hosts.split()))
