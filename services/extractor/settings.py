"""The settings of the extractor."""

from pydantic import Field

from shared.settings import Settings


class ExtractorSettings(Settings):
    """What the extractor is told."""

    smallest_face: int = Field(default=40, ge=40, description="How many pixels wide a face must be to make a sample.")
    least_sharpness: float = Field(default=150, ge=0, description="How sharp a face must be to make a sample.")
