"""Writes `tests/studio/http.d.ts`: what inference takes and answers, as types for the page's modules.

make docs
"""

import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import redis
import redis.asyncio
from fastapi import FastAPI
from pydantic.json_schema import models_json_schema

from familiar.services.inference.http.app import Stores, create_app
from familiar.services.inference.model.reload import ModelWatcher, ServedModel
from familiar.services.inference.settings import InferenceSettings
from familiar.services.inference.stream.kept_faces_writer import KeptFacesWriter
from familiar.services.inference.stream.stream_follower import StreamFollower
from familiar.shared.access.token_store import TokenStore
from familiar.shared.contract.messages import Preview
from familiar.shared.redis.kept_faces import MINUTES_KEPT, KeptFaces
from familiar.shared.stores.models import ModelStore
from familiar.shared.stores.samples import SampleStore
from familiar.shared.stores.strangers import StrangerStore
from tests.builders import NO_SEALS, ROOT

FILE = ROOT / "tests" / "studio" / "http.d.ts"

Json = dict[str, Any]

_HEAD = """\
// What inference takes and answers. `make docs` writes this anew from the routes; nobody edits it.
declare namespace Http {
  /** What is sent: all that is required, and of the rest what one likes. */
  type Sent<Body, Required extends keyof Body> = Pick<Body, Required> & Partial<Body>;
"""
_REFERENCE = "#/components/schemas/"
_SCALARS = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}
_METHODS = {"Gets": "get", "Posts": "post", "Patches": "patch"}


def http_types() -> str:
    """Give the file, in TypeScript."""
    described = unasked_app().openapi()
    schemas: Json = described["components"]["schemas"]
    # What a stream's events hold, OpenAPI does not say.
    _, events = models_json_schema([(Preview, "serialization")], ref_template=_REFERENCE + "{model}")
    schemas |= events["$defs"]
    types = [_declare(name, schema) for name, schema in sorted(schemas.items())]
    paths = [_declare_paths(name, _operations(described, method), schemas) for name, method in _METHODS.items()]
    # What a deletion answers nobody reads, and a path of these may be the beginning of another.
    deletes = "".join(f"\n    | {_pattern_of(path, operation)}" for path, operation in _operations(described, "delete"))
    return _HEAD + "".join(f"\n{lines}\n" for lines in [*types, *paths, f"  type Deletes ={deletes};"]) + "}\n"


def unasked_app() -> FastAPI:
    """Give an application that is never asked anything: nothing is connected, opened or written."""
    client, nowhere = redis.Redis(), Path("nowhere")
    models = ModelStore(nowhere)
    keeper = KeptFacesWriter(client, KeptFaces(client, 0, MINUTES_KEPT, NO_SEALS), models.has)
    stores = Stores(SampleStore(nowhere), StrangerStore(nowhere), models, keeper, TokenStore(nowhere))
    watcher = ModelWatcher(client, models, ServedModel(models))
    follower = StreamFollower(redis.asyncio.Redis(), threading.Event())
    return create_app(client, stores, watcher, follower, client, InferenceSettings())


def _operations(described: Json, method: str) -> Iterator[tuple[str, Json]]:
    for path, methods in described["paths"].items():
        # What is only kept for others a while is not for the page.
        if method in methods and not methods[method].get("deprecated"):
            yield path, methods[method]


def _declare(name: str, schema: Json) -> str:
    """Declare a schema; an answer has every field, also those that need not be sent."""
    if "properties" not in schema:
        return f"  type {name} = {_type_of(schema)};"
    fields = "".join(f"    {field}: {_type_of(of)};\n" for field, of in schema["properties"].items())
    return f"  interface {name} {{\n{fields}  }}"


def _declare_paths(name: str, operations: Iterator[tuple[str, Json]], schemas: Json) -> str:
    """Declare what each path takes and answers, where it answers with JSON."""
    lines = ""
    for path, operation in operations:
        (success,) = (answer for status, answer in operation["responses"].items() if status.startswith("2"))
        content = success.get("content", {})
        if "application/json" in content:
            pattern, body = _pattern_of(path, operation), _body_of(operation, schemas)
            key = f"[path: {pattern}]" if "$" in pattern else pattern
            answer = _type_of(content["application/json"]["schema"])
            lines += f"    {key}: {{ {f'body: {body}; ' if body else ''}answer: {answer} }};\n"
    return f"  interface {name} {{\n{lines}  }}"


def _pattern_of(path: str, operation: Json) -> str:
    """Write a path as a string, or as a template where it has parameters."""
    numbers = {part["name"] for part in operation.get("parameters", ()) if part["schema"].get("type") == "integer"}
    relative = path.removeprefix("/")
    template = re.sub(r"\{(\w+)\}", lambda found: "${number}" if found[1] in numbers else "${string}", relative)
    return f'"{relative}"' if template == relative else f"`{template}`"


def _body_of(operation: Json, schemas: Json) -> str | None:
    content = operation.get("requestBody", {}).get("content", {})
    if "image/jpeg" in content:
        return "Blob"
    if "application/json" not in content:
        return None
    body = content["application/json"]["schema"]
    name = next(part for part in body.get("anyOf", [body]) if "$ref" in part)["$ref"].removeprefix(_REFERENCE)
    required = " | ".join(map(json.dumps, schemas[name].get("required", ()))) or "never"
    return f"Sent<{name}, {required}>"


def _type_of(schema: Json) -> str:
    """Write a schema as a type."""
    if "$ref" in schema:
        return str(schema["$ref"]).removeprefix(_REFERENCE)
    if "anyOf" in schema:
        return " | ".join(_type_of(part) for part in schema["anyOf"])
    if "enum" in schema or "const" in schema:
        return " | ".join(json.dumps(value) for value in schema.get("enum", (schema.get("const"),)))
    if schema["type"] == "array":
        return f"{_type_of(schema['items'])}[]"
    if schema["type"] == "object":
        (values,) = schema.get("patternProperties", {"": schema.get("additionalProperties")}).values()
        return f"Record<string, {_type_of(values)}>"
    return _SCALARS[schema["type"]]


if __name__ == "__main__":
    FILE.write_text(http_types())
