"""familiar predict: name the faces in picture files, over HTTP."""

from http import HTTPStatus
from pathlib import Path
from typing import Annotated, TypeVar

import httpx
import typer
from pydantic import BaseModel, ValidationError

from familiar.cli.console import err, out
from familiar.cli.own_token import Refused, authorization
from familiar.cli.settings import CliSettings
from familiar.shared.contract.errors import InferenceUnavailable
from familiar.shared.contract.messages import Prediction
from familiar.shared.runtime.service import load_settings

TIMEOUT_SECONDS = 60.0

AnswerT = TypeVar("AnswerT", bound=BaseModel)


class _Problem(BaseModel):
    """What counts of a problem document."""

    detail: str


def predict(
    files: Annotated[list[Path], typer.Argument(help="Pictures: JPEG, PNG or WebP.", exists=True, dir_okay=False)],
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole answers, one a line.")] = False,  # noqa: FBT002 - a flag of the command line
) -> None:
    """Name every face in each picture."""
    failed = False
    settings = load_settings(CliSettings)
    headers = authorization(settings)
    # Ignore proxies of the environment: pictures go to inference directly.
    with httpx.Client(base_url=settings.url, headers=headers, timeout=TIMEOUT_SECONDS, trust_env=False) as client:
        for path in files:
            try:
                response = client.post("/v1/predictions", files={"image": path.read_bytes()})
            except httpx.TransportError as error:
                raise InferenceUnavailable(
                    f"Inference does not answer at {client.base_url}. {InferenceUnavailable().detail}"
                ) from error
            if response.status_code in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
                raise Refused(_read(response, _Problem).detail)
            if not response.is_success:
                failed = True
                err.print(f"{path}: {_read(response, _Problem).detail}", markup=False, highlight=False)
                continue
            prediction = _read(response, Prediction)
            if as_json:
                out.print(response.text, markup=False, highlight=False, soft_wrap=True)
            else:
                _print_faces(path, prediction)
    if failed:
        raise typer.Exit(1)


def _read(response: httpx.Response, kind: type[AnswerT]) -> AnswerT:
    try:
        return kind.model_validate_json(response.content)
    except ValidationError as error:
        raise InferenceUnavailable(
            f"What answers at {response.url} is not inference. {InferenceUnavailable().detail}"
        ) from error


def _print_faces(path: Path, prediction: Prediction) -> None:
    if not prediction.faces:
        out.print(f"{path}: no face found", markup=False, highlight=False)
    for number, face in enumerate(prediction.faces, 1):
        box = face.box
        # In the form of arguments of `familiar correct`.
        which = f"{prediction.prediction_id} --face {number}" if len(prediction.faces) > 1 else prediction.prediction_id
        out.print(
            f"{path}: {face.who} at {box.x},{box.y} {box.width}x{box.height}  {which}",
            soft_wrap=True,
            markup=False,
            highlight=False,
        )
