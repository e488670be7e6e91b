"""Which answers are a failure of Familiar, and which are what a fault has to cost."""

import pytest

from tests.chaos.check_answers import find_unanswered
from tests.chaos.faults import Inflicted
from tests.chaos.plan import Fault, Kind
from tests.chaos.site import Answer


def answer(status: int | None, code: str | None = None, *, at: float = 10.0, request: str = "GET /v1/people") -> Answer:
    """Give an answer that took a tenth of a second."""
    return Answer(at, at + 0.1, request, status, code, "", None)


def inflicted(kind: Kind, target: str = "", *, at: float = 10.0) -> Inflicted:
    """Give a fault that lasted a second."""
    return Inflicted(Fault(kind, target, after=0, lasts=1, offset=0), at, at + 1)


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(answer(500, "internal-error"), id="an internal error"),
        pytest.param(answer(503), id="a 503 without a name"),
        pytest.param(answer(None), id="a connection that breaks"),
        pytest.param(answer(503, "redis-unavailable"), id="no Redis"),
        pytest.param(answer(507, "disk-full"), id="no room"),
        pytest.param(answer(500, "broken-model"), id="a broken model"),
        pytest.param(answer(503, "no-model"), id="no version"),
    ],
)
def test_without_a_fault_nothing_fails(wrong: Answer) -> None:
    """Each is told by its request and what was answered."""
    (said,) = find_unanswered([answer(200), wrong], [])
    assert said.startswith(wrong.request)


@pytest.mark.parametrize(
    ("costs", "fault"),
    [
        (answer(None), inflicted(Kind.KILL, "inference")),
        (answer(None), inflicted(Kind.PAUSE, "inference", at=9.5)),
        (answer(503, "redis-unavailable"), inflicted(Kind.REDIS_LOST)),
        (answer(503, "redis-unavailable"), inflicted(Kind.NETWORK_CUT, "inference", at=5)),
        (answer(507, "disk-full"), inflicted(Kind.DISK_FULL)),
    ],
)
def test_a_fault_costs_what_it_takes_away(costs: Answer, fault: Inflicted) -> None:
    """While it lasts, and shortly after."""
    assert list(find_unanswered([costs], [fault])) == []


def test_inference_that_has_answered_again_is_up() -> None:
    """What breaks off after that is not the fault's."""
    late = answer(None, at=20)
    said = find_unanswered([answer(200, at=15), late], [inflicted(Kind.KILL, "inference")])
    assert list(said) == [f"{late}, while inference was up"]


def test_pictures_are_answered_without_redis() -> None:
    """A prediction needs none."""
    without_redis = answer(503, "redis-unavailable", request="POST /v1/predictions")
    said = find_unanswered([without_redis], [inflicted(Kind.REDIS_LOST)])
    assert list(said) == [f"{without_redis}, which needs no Redis"]
