"""The settings of the command line."""

from pydantic import Field

from shared.settings import Settings


class CliSettings(Settings):
    """What the command line is told: `url` is where inference answers."""

    url: str = Field(default="http://127.0.0.1:8000", description="Where inference answers.")
