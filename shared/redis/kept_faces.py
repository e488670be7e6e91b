"""The faces of recent predictions, kept in Redis so that wrong predictions can be corrected.

They form a ring buffer of a fixed number of slots, each with a TTL. So both the number of faces and their
age are bounded, however many replicas of inference write.
"""

from collections.abc import Iterable
from typing import Any

import redis
from redis.client import Pipeline

from familiar.shared.contract import redis_names
from familiar.shared.contract.errors import InvalidRequest, MalformedEntry, UnknownKeptFace
from familiar.shared.contract.messages import KeptFace, Prediction
from familiar.shared.redis.foreign_values import say_foreign
from familiar.shared.redis.stream import HEADER, PAYLOAD, parse_entry
from familiar.shared.stores.sealing import Seals

MINUTES_KEPT = 60


class KeptFaces:
    """A writer to the ring buffer of the newest `most` faces, each kept for so many minutes; 0 keeps none."""

    def __init__(self, client: redis.Redis, most: int, minutes: int, seals: Seals) -> None:
        self._client = client
        self._most = most
        self._seconds = minutes * 60
        self._seals = seals

    def keep(self, pipeline: Pipeline, prediction: Prediction, crops: Iterable[bytes]) -> None:
        """Queue the writes that keep the faces of a prediction with the JPEGs of their crops.

        `crops` are in the order of the faces, and consumed only if faces are kept.
        """
        count = len(prediction.faces)
        if not self._most or not count:
            return
        # A failure after this skips slots, which is harmless.
        last_place: Any = self._client.incrby(redis_names.KEPT_FACES, count)
        for index, crop in list(enumerate(crops))[-self._most :]:
            key = redis_names.kept_face((last_place - count + 1 + index) % self._most)
            face = _kept_face(prediction, index)
            fields: dict[Any, Any] = {HEADER: face.model_dump_json(), PAYLOAD: self._seals.seal(_label(face), crop)}
            pipeline.hset(key, mapping=fields)
            pipeline.expire(key, self._seconds)


def find_kept_face(client: redis.Redis, seals: Seals, prediction_id: str, number: int | None) -> tuple[KeptFace, bytes]:
    """Return a face of a prediction, and the JPEG of its crop.

    Faces are numbered from 1 in the order of the prediction; a prediction of one face needs no number.

    Raises:
        UnknownKeptFace: the prediction is too old or unknown, or faces are not kept.
        KeyMissing, KeyWrong, BrokenSeal: see `Seals.unseal`.
        InvalidRequest: the number is out of range, or missing where there are several faces.
    """
    kept = {face.number: (face, crop) for face, crop in _read_all(client) if face.prediction_id == prediction_id}
    if not kept:
        raise UnknownKeptFace(f"No face of prediction {prediction_id!r} is kept. {UnknownKeptFace().detail}")
    count = next(iter(kept.values()))[0].faces
    if number is None and count > 1:
        raise InvalidRequest(f"The prediction has {count} faces. Say which one, counted from 1, as `face` or --face.")
    wanted = number or 1
    if wanted > count:
        raise InvalidRequest(f"The prediction has no face {wanted}. Use a number from 1 to {count}.")
    if wanted not in kept:
        raise UnknownKeptFace(f"Face {wanted} of prediction {prediction_id!r} is gone. {UnknownKeptFace().detail}")
    face, crop = kept[wanted]
    return face, seals.unseal(_label(face), crop)


def delete_kept_faces(client: redis.Redis) -> int:
    """Delete every kept face, and return their number."""
    return sum(int(client.delete(key)) for key in client.scan_iter(match=redis_names.kept_face("*")))


def _label(face: KeptFace) -> str:
    return f"kept-face/{face.prediction_id}/{face.number}"


def _kept_face(prediction: Prediction, index: int) -> KeptFace:
    return KeptFace(
        prediction_id=prediction.prediction_id,
        number=index + 1,
        faces=len(prediction.faces),
        camera=prediction.camera,
        captured_at=prediction.captured_at,
        person=prediction.faces[index].person,
    )


def _read_all(client: redis.Redis) -> list[tuple[KeptFace, bytes]]:
    # A key that expires during the scan has no fields.
    found: list[tuple[KeptFace, bytes]] = []
    for key in client.scan_iter(match=redis_names.kept_face("*")):
        fields: Any = client.hgetall(key)
        if fields:
            try:
                found.append(parse_entry(fields, KeptFace))
            except MalformedEntry:
                say_foreign(key.decode(errors="replace"), fields.get(HEADER.encode(), b""))
    return found
