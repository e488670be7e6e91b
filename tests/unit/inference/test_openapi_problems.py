"""What the OpenAPI document says of errors: which each route answers with, and in which form."""

from collections.abc import Iterator
from typing import Any

import pytest

from familiar.services.inference.http.openapi.problems import Problem
from familiar.services.inference.http.problems import PROBLEM_MEDIA_TYPE
from familiar.shared.contract.errors import InvalidRequest
from tests.http_types import unasked_app


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """Give the document."""
    return unasked_app().openapi()


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give each operation by its method and path."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def test_every_error_of_every_route_is_a_problem_document(document: dict[str, Any]) -> None:
    """FastAPI's own form of it, which is never sent, is nowhere."""
    for name, operation in operations(document):
        for status, response in operation["responses"].items():
            if int(status) >= 400:
                assert list(response["content"]) == [PROBLEM_MEDIA_TYPE], (name, status)
                assert response["description"].startswith("`"), (name, status)
    assert "HTTPValidationError" not in str(document)
    assert set(document["components"]["schemas"]["Problem"]["properties"]) == set(Problem.model_fields)
    assert set(InvalidRequest().problem) == set(Problem.model_fields)


@pytest.mark.parametrize(
    ("name", "statuses"),
    [
        ("GET /healthz", {"200", "400", "431", "503"}),
        ("GET /v1/people", {"200", "400", "401", "403", "429", "431", "503"}),
        ("GET /v1/models/{version}", {"200", "400", "401", "403", "404", "422", "429", "431", "503"}),
        (
            "POST /v1/predictions",
            {"200", "400", "401", "403", "408", "413", "415", "422", "429", "431", "503", "507"},
        ),
    ],
)
def test_a_route_declares_its_own_problems_and_those_of_all(
    document: dict[str, Any], name: str, statuses: set[str]
) -> None:
    """Everything that a client has to expect, and no more."""
    found = dict(operations(document))[name]["responses"]
    assert set(found) == statuses


def test_a_status_names_the_codes_that_come_with_it(document: dict[str, Any]) -> None:
    """Programs tell them by these."""
    described = document["paths"]["/v1/enrolments"]["post"]["responses"]["409"]["description"]
    for code in ("name-taken", "enrolment-running", "being-forgotten"):
        assert f"`{code}`: " in described
