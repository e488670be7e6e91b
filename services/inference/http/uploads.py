"""Reads the picture of a request: multipart field `image`, or the raw body."""

from collections.abc import AsyncGenerator

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from familiar.shared.contract.errors import ImageTooLarge, InvalidRequest, UnreadableImage, UnsupportedMediaType
from familiar.shared.vision.images import BYTE_LIMIT

FIELD = "image"
BODY_TYPES = frozenset({"image/jpeg", "image/png", "image/webp", "application/octet-stream"})

_MULTIPART = "multipart/form-data"
_BINARY = {"schema": {"type": "string", "format": "binary"}}
# The request body in OpenAPI's terms.
PICTURE_BODY = {
    "required": True,
    "content": {
        _MULTIPART: {"schema": {"type": "object", "required": [FIELD], "properties": {FIELD: _BINARY["schema"]}}},
        **dict.fromkeys(sorted(BODY_TYPES), _BINARY),
    },
}

# What a request may be refused for that has one.
PICTURE_PROBLEMS = (UnreadableImage, ImageTooLarge, UnsupportedMediaType, InvalidRequest)

# Of a form, files and other fields that are read past, each of which is kept in memory meanwhile.
_MOST_FILES = 10
_MOST_FIELDS = 100
# Room for what surrounds the picture in a multipart body.
_BODY_LIMIT = BYTE_LIMIT + 100_000


async def read_picture(request: Request) -> bytes:
    """Return the picture of a request, and stop reading as soon as it is too large.

    Raises:
        UnsupportedMediaType: the body has another media type.
        InvalidRequest: the multipart body has no file in the field `image`.
        ImageTooLarge: the body is larger than a picture may be.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type == _MULTIPART:
        return await _read_multipart(request)
    if media_type in BODY_TYPES:
        return b"".join([part async for part in _limited(request)])
    sent = f"Content-Type {media_type!r} is not a picture. " if media_type else "The request has no Content-Type. "
    raise UnsupportedMediaType(sent + UnsupportedMediaType().detail)


async def _read_multipart(request: Request) -> bytes:
    try:
        parser = MultiPartParser(request.headers, _limited(request), max_files=_MOST_FILES, max_fields=_MOST_FIELDS)
        form = await parser.parse()
    except (MultiPartException, KeyError, ValueError) as error:
        # A KeyError is a boundary that is missing; a ValueError is of a charset that there is, but that fails.
        raise InvalidRequest(f"The multipart body cannot be read: {error}") from error
    try:
        picture = form.get(FIELD)
        if not isinstance(picture, UploadFile):
            raise InvalidRequest(f"The multipart body has no file in the field `{FIELD}`.")
        return await picture.read()
    finally:
        await form.close()


async def _limited(request: Request) -> AsyncGenerator[bytes, None]:
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > _BODY_LIMIT:
            raise ImageTooLarge
        yield part
