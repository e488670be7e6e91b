"""The settings of inference."""

from pydantic import Field

from familiar.shared.runtime.settings import SiteSettings


class InferenceSettings(SiteSettings):
    """Settings of inference, read from the environment."""

    kept_faces: int = Field(
        default=500,
        ge=0,
        le=10_000,
        description="How many of the newest faces are kept, for an hour at most, for `familiar correct`; 0 keeps none.",
    )
