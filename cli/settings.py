"""The settings of the command line."""

from pydantic import Field

from shared.runtime.settings import OptionalPath, Settings


class CliSettings(Settings):
    """What the command line is told: `url` is where inference answers, `background` a folder of strangers' pictures."""

    url: str = Field(default="http://127.0.0.1:8000", description="Where inference answers.")
    background: OptionalPath = Field(
        default=None, description='A folder of pictures or crops of strangers, to learn "unknown" from.'
    )
