"""The settings of inference."""

from typing import ClassVar

from pydantic import Field

from familiar.shared.contract import redis_names
from familiar.shared.runtime.settings import SiteSettings, StoreSettings


class InferenceSettings(SiteSettings, StoreSettings):
    """Settings of inference, read from the environment."""

    redis_user: ClassVar[str] = redis_names.INFERENCE

    kept_faces: int = Field(
        default=500,
        ge=0,
        le=10_000,
        description="How many of the newest faces are kept, for an hour at most, for `familiar correct`; 0 keeps none.",
    )
