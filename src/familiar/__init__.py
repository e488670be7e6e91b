"""Familiar teaches a camera the faces it knows, and names them over HTTP and as a stream of events."""

import os

__version__ = "0.2.0"

# OpenCV reads its limit while it is loaded, which is after this. Larger pictures are refused by their headers, in
# shared/vision/images.py; this holds should a decoder of OpenCV ever see another size than that saw.
os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(40_000_000))
