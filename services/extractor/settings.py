"""The settings of the extractor."""

from typing import ClassVar

from pydantic import Field

from familiar.shared.contract import redis_names
from familiar.shared.runtime.settings import StoreSettings


class ExtractorSettings(StoreSettings):
    """Settings of the extractor, read from the environment."""

    redis_user: ClassVar[str] = redis_names.EXTRACTOR

    smallest_face: int = Field(
        default=40,
        ge=40,
        description="How many pixels wide a face must be to make a sample. 40 is what somebody two or three metres "
        "from a webcam has.",
    )
    least_sharpness: float = Field(
        default=150,
        ge=0,
        description="How sharp a face must be to make a sample: the variance of its Laplacian at 52 by 52 pixels. "
        "Clear faces have 280 and more.",
    )
