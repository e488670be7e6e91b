"""HTTP: training jobs, and their progress."""

import redis
from fastapi import APIRouter, Request, status

from familiar.services.inference.http.audit.record_requests import add_subject
from familiar.services.inference.http.openapi.problems import problems
from familiar.shared.contract.errors import InvalidRequest, TrainingQueueFull, UnknownJob
from familiar.shared.contract.messages import TrainingOptions
from familiar.shared.contract.training import TrainingJob
from familiar.shared.redis.training_queue import TrainingRecords, enqueue_training, find_training, list_trainings
from familiar.shared.stores.samples import SampleStore

# A path over HTTP would let clients make the trainer open arbitrary files.
WEIGHTS_WITHOUT_A_PATH = (None, "imagenet", "random")


def training_routes(client: redis.Redis, records: TrainingRecords, samples: SampleStore) -> APIRouter:
    """Return the routes that enqueue training jobs and report on them."""
    routes = APIRouter(prefix="/v1/training-jobs", tags=["training"])

    @routes.post("", status_code=status.HTTP_202_ACCEPTED, responses=problems(InvalidRequest, TrainingQueueFull))
    def create_training_job(request: Request, options: TrainingOptions | None = None) -> TrainingJob:
        """Enqueue a training of everybody who is enrolled; `weights` is `imagenet` or `random` here, and no path."""
        options = options or TrainingOptions()
        if options.weights not in WEIGHTS_WITHOUT_A_PATH:
            raise InvalidRequest("Over HTTP `weights` is imagenet or random. A file is set with FAMILIAR_WEIGHTS.")
        samples.require_space()
        job = enqueue_training(client, records, options)
        add_subject(request, job=job.job_id)
        return job

    @routes.get("")
    def list_training_jobs() -> list[TrainingJob]:
        """List the newest training jobs, newest first; finished ones are kept for a day."""
        return list(list_trainings(client, records))

    @routes.get("/{job_id}", responses=problems(UnknownJob))
    def show_training_job(job_id: str) -> TrainingJob:
        """Return a training's progress, epoch by epoch."""
        return find_training(client, records, job_id)

    return routes
