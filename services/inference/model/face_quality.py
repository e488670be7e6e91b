"""Face quality: below a minimum, an answer would be a guess (docs/LOG.md has the figures)."""

from familiar.shared.contract.messages import TooPoor
from familiar.shared.vision.detector import SMALLEST_FACE
from familiar.shared.vision.images import Image, sharpness

# See `familiar.shared.vision.images.sharpness`: clear faces, small ones too, have 280 and more.
LEAST_SHARPNESS = 15


def too_poor(crop: Image, face_width: float) -> TooPoor | None:
    """Return why a face of this width in pixels gets no name; None where it may get one."""
    if face_width < SMALLEST_FACE:
        return "too_small"
    return "too_blurred" if sharpness(crop) < LEAST_SHARPNESS else None
