"""The faces of the newest predictions, kept in Redis for a while, so that a wrong prediction can be corrected.

There is a fixed number of places, taken in turn, and each is given up after an hour. So neither the number of
faces nor their age grows past its bound, however many replicas of inference keep some.
"""

from collections.abc import Iterable
from typing import Any

import redis
from redis.client import Pipeline

from familiar.shared.contract import redis_names
from familiar.shared.contract.errors import InvalidRequest, UnknownKeptFace
from familiar.shared.contract.messages import KeptFace, Prediction
from familiar.shared.redis.stream import HEADER, PAYLOAD, parse_entry

SECONDS_KEPT = 3600


class KeptFaces:
    """Keeps the newest `most` faces; 0 keeps none."""

    def __init__(self, client: redis.Redis, most: int) -> None:
        """Keep nothing yet."""
        self._client = client
        self._most = most

    def keep(self, pipeline: Pipeline, prediction: Prediction, crops: Iterable[bytes]) -> None:
        """Queue that the faces of a prediction are kept, each with the JPEG of its crop.

        `crops` come in the order of the faces, and are taken only where something is to be kept.
        """
        count = len(prediction.faces)
        if not self._most or not count:
            return
        # Who fails after this has passed over places, and no more.
        last_place: Any = self._client.incrby(redis_names.KEPT_FACES, count)
        for index, crop in list(enumerate(crops))[-self._most :]:
            key = redis_names.kept_face((last_place - count + 1 + index) % self._most)
            fields: dict[Any, Any] = {HEADER: _kept_face(prediction, index).model_dump_json(), PAYLOAD: crop}
            pipeline.hset(key, mapping=fields)
            pipeline.expire(key, SECONDS_KEPT)


def find_kept_face(client: redis.Redis, prediction_id: str, number: int | None) -> tuple[KeptFace, bytes]:
    """Find a face of a prediction by its number, and the JPEG of its crop.

    Numbers count from 1 in the order of the prediction's faces; a prediction of one face needs none.

    Raises:
        UnknownKeptFace: the prediction is too old, faces are not kept, or there is no such prediction.
        InvalidRequest: the prediction has several faces and none is named, or none of that number.
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
    return kept[wanted]


def delete_kept_faces(client: redis.Redis) -> None:
    """Delete every kept face."""
    for key in client.scan_iter(match=redis_names.kept_face("*")):
        client.delete(key)


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
    # One that runs out while this list is made has no fields.
    entries: Any = (client.hgetall(key) for key in client.scan_iter(match=redis_names.kept_face("*")))
    return [parse_entry(fields, KeptFace) for fields in entries if fields]
