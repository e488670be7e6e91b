"""The settings of the trainer."""

from pydantic import Field

from shared.settings import OptionalPath, Settings

# A training takes the cores that nobody else wants: names keep coming while it runs.
NICENESS = 10


class TrainerSettings(Settings):
    """What the trainer is told.

    `weights` is `imagenet`, `random` or the path of a file; `background` is None where there is no folder of
    strangers' pictures.
    """

    weights: str = Field(default="imagenet", min_length=1, description="Where MobileNet's weights come from.")
    background: OptionalPath = Field(default=None, description="A folder of pictures of strangers, to learn from.")
