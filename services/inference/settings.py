"""The settings of inference."""

from typing import Annotated

from pydantic import Field
from pydantic_settings import NoDecode

from shared.settings import Settings

LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1", "inference")


class InferenceSettings(Settings):
    """What inference is told.

    `allowed_hosts` are the names under which it may be asked, beside this machine's own: a web page that
    makes its name point here is refused. `kept_faces` are kept in Redis for an hour at most.
    """

    host: str = Field(default="127.0.0.1", description="The address that inference listens on.")
    port: int = Field(default=8000, ge=0, le=65535, description="The port that inference listens on.")
    allowed_hosts: Annotated[str, NoDecode] = Field(
        default="", description="Further host names under which inference may be asked, with blanks between them."
    )

    kept_faces: int = Field(
        default=500, ge=0, le=10_000, description="How many of the newest faces can be corrected; 0 keeps none."
    )

    @property
    def all_allowed_hosts(self) -> list[str]:
        """The host names under which inference answers."""
        return [*LOCAL_HOSTS, *self.allowed_hosts.split()]
