"""The settings of the trainer."""

from pydantic import Field

from shared.settings import Settings


class TrainerSettings(Settings):
    """What the trainer is told. `weights` is `imagenet`, `random` or the path of a file."""

    weights: str = Field(default="imagenet", min_length=1, description="Where MobileNet's weights come from.")
