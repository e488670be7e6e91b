"""Checks of what is on disk: samples, trainings and versions."""

from collections import Counter
from collections.abc import Iterator

from familiar.shared.contract.errors import DiskFull, FamiliarError, TooFewPeople, TooFewSamples
from familiar.shared.contract.messages import Split
from familiar.shared.contract.training import JobState
from familiar.shared.redis.enrolments import open_enrolments
from familiar.shared.redis.training_queue import find_training, training_records
from familiar.shared.runtime.files import PARTIAL_PREFIX
from familiar.shared.stores.models import KERAS_MODEL, SERVED_MODEL
from tests.chaos.evidence import Evidence
from tests.chaos.workload import TEST, TRAIN

_NAMED_FAILURES = {DiskFull.code, TooFewPeople.code, TooFewSamples.code}


def enrolments_have_their_targets(evidence: Evidence) -> Iterator[str]:
    """Every accepted enrolment has exactly its samples, and there is none beside the accepted ones."""
    accepted = {(each.camera, each.enrolment_id) for each in evidence.workload.accepted}
    found = {
        (person.slug, sample.session)
        for person in evidence.samples.people()
        for split in Split
        for sample in evidence.samples.samples(person.slug, split)
    }
    for person, session in sorted(accepted | found):
        counts = evidence.samples.count_session(person, session)
        if (person, session) not in accepted:
            yield f"{person} has {counts} of a session {session} that nobody asked for"
        elif (counts.train, counts.test) != (TRAIN, TEST):
            yield f"{person} has {counts} of session {session}, and not {TRAIN} and {TEST}"
    for record in open_enrolments(evidence.samples).all():
        yield f"the enrolment of {record.request.person} is complete, and its record is still there"


def no_sample_is_there_twice(evidence: Evidence) -> Iterator[str]:
    """No file, and no frame, gave two samples."""
    samples = [
        sample
        for person in evidence.samples.people()
        for split in Split
        for sample in evidence.samples.samples(person.slug, split)
    ]
    for sample_id, count in Counter(sample.sample_id for sample in samples).items():
        if count > 1:
            yield f"sample {sample_id} is there {count} times"
    for frame_id, count in Counter(sample.origin.frame_id for sample in samples if sample.origin).items():
        if count > 1:
            yield f"frame {frame_id} gave {count} samples"


def trainings_end(evidence: Evidence) -> Iterator[str]:
    """Every accepted training ended in a version of its own, or in a failure with a name."""
    records, client = training_records(evidence.home), evidence.client
    known = {record.job.job_id for record in records.all()}
    made_by = [evidence.models.manifest(version).job_id for version in evidence.models.versions()]
    by_job = Counter(job_id for job_id in made_by if job_id is not None)
    for job_id in sorted({*evidence.workload.trainings, *known}):
        job = find_training(client, records, job_id)
        if job.state is JobState.FINISHED:
            if by_job[job_id] != 1:
                yield f"training {job_id} has finished, and has {by_job[job_id]} versions"
        elif job.state is not JobState.FAILED:
            yield f"training {job_id} is still {job.state}"
        elif job.error is None or job.error.code not in _NAMED_FAILURES:
            yield f"training {job_id} failed without a name: {job.error}"
    for job_id in by_job.keys() - known:
        yield f"a version is of training {job_id}, which nobody asked for"


def versions_are_whole(evidence: Evidence) -> Iterator[str]:
    """Every version's files have the hashes of its manifest, one of them is served, and nothing lies about."""
    models = evidence.models
    for version in models.versions():
        # The first one is not of a training, and has no Keras model.
        for needed in (SERVED_MODEL, KERAS_MODEL) if models.manifest(version).job_id else (SERVED_MODEL,):
            try:
                models.open(version, needed)
            except FamiliarError as error:
                yield error.detail
    answer = evidence.workload.site.ask("GET", "/readyz")
    served = answer.json().get("model_version") if answer is not None else None
    if models.versions() and served != models.current():
        yield f"version {served} is served, and {models.current()} is to be"
    for left in (*evidence.home.rglob(f"{PARTIAL_PREFIX}*"), *evidence.home.glob("models/*.checkpoint")):
        yield f"{left.relative_to(evidence.home)} was left behind"
