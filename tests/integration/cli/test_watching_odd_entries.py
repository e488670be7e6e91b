"""`familiar watch` and the entries of other programs: what cannot be read is said, and what follows is shown."""

import redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from familiar.cli.watch import predictions
from familiar.shared.redis.stream import publish
from tests.builders import prediction_of
from tests.odd_entries import odd_entries
from tests.serving import DEADLINE_SECONDS
from tests.streams import append


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(st.lists(odd_entries(prediction_of("p", "zoe"), b""), min_size=1, max_size=3))
def test_an_entry_that_cannot_be_read_ends_no_watching(client: redis.Redis, odd: list[dict[bytes, bytes]]) -> None:
    """The good one behind it comes."""
    client.delete("predictions")
    for fields in odd:
        append(client, "predictions", fields)
    publish(client, "predictions", prediction_of("last", "zoe"))
    for prediction in predictions(client, DEADLINE_SECONDS, after=b"0"):
        if prediction.prediction_id == "last":
            return
    raise AssertionError("the last one was not shown")
