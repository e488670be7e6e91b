"""What is left of somebody: every file below a home, and every key and value in Redis, searched for words and bytes."""

import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import redis


def remains(home: Path, client: redis.Redis, words: Iterable[bytes]) -> set[str]:
    """Name the files and keys over or in which any of the words stands, in small letters or large ones."""
    sought = [word.lower() for word in words]
    places = (*_in_files(home), *_in_redis(client))
    return {place for place, data in places if _holds(data.lower(), sought)}


def _holds(data: bytes, words: list[bytes]) -> bool:
    return any(word in data for word in words)


def _in_files(home: Path) -> Iterator[tuple[str, bytes]]:
    for path in home.rglob("*"):
        place = str(path.relative_to(home))
        yield place, place.encode()
        # Services are at work: what is gone meanwhile holds nothing.
        with suppress(FileNotFoundError):
            if path.is_file():
                yield place, path.read_bytes()
                with suppress(zipfile.BadZipFile), zipfile.ZipFile(path) as archive:
                    for member in archive.namelist():
                        yield f"{place}: {member}", member.encode() + archive.read(member)


def _in_redis(client: redis.Redis) -> Iterator[tuple[str, bytes]]:
    for key in client.scan_iter():
        for value in (key, client.dump(key) or b"", *_values(client, key)):
            yield key.decode(), value
            # RQ compresses what is long.
            with suppress(zlib.error):
                yield key.decode(), zlib.decompress(value)


def _values(client: redis.Redis, key: bytes) -> list[bytes]:
    read: dict[bytes, Any] = {
        b"string": lambda: [client.get(key) or b""],
        b"list": lambda: client.lrange(key, 0, -1),
        b"set": lambda: client.smembers(key),
        b"zset": lambda: client.zrange(key, 0, -1),
        b"hash": lambda: [part for pair in client.hgetall(key).items() for part in pair],
        b"stream": lambda: [part for _, fields in client.xrange(key) for pair in fields.items() for part in pair],  # type: ignore[union-attr]
    }
    kind: Any = client.type(key)
    return list(read[kind]()) if kind in read else []
