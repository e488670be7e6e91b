"""The settings of inference."""

from typing import ClassVar

from pydantic import Field

from familiar.shared.contract import redis_names
from familiar.shared.redis.kept_faces import MINUTES_KEPT
from familiar.shared.runtime.settings import RetentionSettings, SiteSettings


class InferenceSettings(SiteSettings, RetentionSettings):
    """Settings of inference, read from the environment."""

    redis_user: ClassVar[str] = redis_names.INFERENCE

    kept_faces: int = Field(
        default=500,
        ge=0,
        le=10_000,
        description="How many of the newest faces are kept for `familiar correct`; 0 keeps none.",
    )
    keep_faces_minutes: int = Field(
        default=MINUTES_KEPT, ge=1, le=10_080, description="For how many minutes these faces are kept at most."
    )
