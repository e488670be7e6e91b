"""The training of the others after somebody was forgotten: a version cannot unlearn a person."""

import redis

from familiar.shared.contract.messages import FEWEST_SAMPLES
from familiar.shared.redis.training_queue import enqueue_training_once, training_records
from familiar.shared.stores.forgettings import Intention
from familiar.shared.stores.samples import SampleStore
from familiar.shared.stores.strangers import StrangerSource, StrangerStore


def retrain_the_others(client: redis.Redis, samples: SampleStore, intention: Intention) -> str | None:
    """Enqueue the training that an intention asks for, and return its id; None where it would fail.

    One that is waiting already does it as well, and is returned instead.
    """
    if intention.training is None or not _can_be_trained(samples):
        return None
    return enqueue_training_once(client, training_records(samples.home), intention.training, intention.job_id).job_id


def _can_be_trained(samples: SampleStore) -> bool:
    """Return whether there are two people to tell apart, or one and strangers, and enough samples of each.

    Marked strangers do not count: those are single corrections, and as well the people who are left.
    """
    people = samples.people()
    if not people or any(person.train_samples < FEWEST_SAMPLES for person in people):
        return False
    return len(people) > 1 or any(
        map(StrangerStore(samples.home).count, (StrangerSource.FETCHED, StrangerSource.GIVEN))
    )
