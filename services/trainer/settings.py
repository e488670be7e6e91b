"""The settings of the trainer."""

from typing import ClassVar

from pydantic import Field

from familiar.shared.contract import redis_names
from familiar.shared.runtime.settings import StoreSettings, StrangersFolder

# A training yields the CPU to everything else, so that predictions keep their speed.
NICENESS = 10


class TrainerSettings(StoreSettings):
    """Settings of the trainer, read from the environment; `strangers` is None without a folder of their pictures."""

    redis_user: ClassVar[str] = redis_names.TRAINER

    weights: str = Field(
        default="imagenet",
        min_length=1,
        description="MobileNet's weights: `imagenet` (downloaded once by Keras, and checked against its SHA-256 where "
        "that is known), the path of a file, or `random`.",
    )
    strangers: StrangersFolder = None
