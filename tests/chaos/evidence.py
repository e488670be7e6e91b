"""What a run leaves behind, which the checks look at."""

from dataclasses import dataclass
from pathlib import Path

import redis

from familiar.shared.stores.models import ModelStore
from familiar.shared.stores.samples import SampleStore
from tests.chaos.faults import Inflicted
from tests.chaos.site import Answer
from tests.chaos.workload import Workload


@dataclass(frozen=True)
class Evidence:
    """A run's stores and Redis, while its processes are still up, its work, its faults, and all answers."""

    home: Path
    """The run's FAMILIAR_HOME."""
    client: redis.Redis
    workload: Workload
    inflicted: tuple[Inflicted, ...]
    answers: tuple[Answer, ...]
    settled_at: float
    """When all was done that had been begun, on the monotonic clock."""

    @property
    def samples(self) -> SampleStore:
        """The run's samples."""
        return SampleStore(self.home)

    @property
    def models(self) -> ModelStore:
        """The run's versions."""
        return ModelStore(self.home)
