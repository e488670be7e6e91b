"""The settings of the trainer."""

from pydantic import Field

from familiar.shared.runtime.settings import Settings, StrangersFolder

# A training takes the cores that nobody else wants: names keep coming while it runs.
NICENESS = 10


class TrainerSettings(Settings):
    """What the trainer is told.

    `weights` is `imagenet`, `random` or the path of a file; `strangers` is None where there is no folder of
    strangers' pictures.
    """

    weights: str = Field(
        default="imagenet",
        min_length=1,
        description="MobileNet's weights: `imagenet` (downloaded once by Keras, and checked against its SHA-256 where "
        "that is known), the path of a file, or `random`.",
    )
    strangers: StrangersFolder = None
