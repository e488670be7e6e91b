"""Enrolment fulfilment: which frames give a sample, and why the others give none."""

from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from redis.client import Pipeline

from familiar.services.extractor.extract import Certainty, FoundFace, SampleRules, choose_sample
from familiar.shared.contract.enrolment import Enrolment, EnrolmentState, Refusal
from familiar.shared.contract.errors import DiskFull, TooManySamples, UnknownPerson
from familiar.shared.contract.messages import EnrolmentLabel, Frame, Split
from familiar.shared.redis.connection import DISK_IS_FULL
from familiar.shared.redis.enrolments import count_refusal, record_samples
from familiar.shared.stores.near_copy import TakenSamples
from familiar.shared.stores.sample_origin import SampleOrigin
from familiar.shared.stores.samples import SampleStore
from familiar.shared.vision.images import encode_jpeg

SAMPLE_QUALITY = 95

_log = structlog.get_logger()


@dataclass(frozen=True)
class Collected:
    """Outcome of a frame that counts for an enrolment; `refusal` says why it gave no sample."""

    frame: Frame
    enrolment: Enrolment
    refusal: Refusal | None


class SampleCollector:
    """Collector that stores samples and counts refusals."""

    def __init__(self, store: SampleStore, rules: SampleRules, certainty: Certainty) -> None:
        """Collect into `store`; `certainty` rates how likely a crop shows a face."""
        self._store = store
        self._rules = rules
        self._certainty = certainty
        self._taken = TakenSamples(store)

    def collect(self, frame: Frame, enrolment: Enrolment | None, faces: Sequence[FoundFace]) -> Collected | None:
        """Store the sample of a frame, or find why it gives none; return None if the frame does not count.

        Idempotent: a redelivered frame adds nothing. A full disk is a reason, too: whoever waited for room would leave
        the other cameras without answers.
        """
        label = frame.enrolment
        if enrolment is None or label is None or not _is_due(enrolment, label):
            return None
        return Collected(frame, enrolment, self._store_sample(frame, label, enrolment, faces))

    def record(self, pipeline: Pipeline, collected: Collected) -> None:
        """Queue the enrolment's new counts on the pipeline."""
        frame, enrolment = collected.frame, collected.enrolment
        if collected.refusal is not None:
            count_refusal(pipeline, frame.camera, collected.refusal)
        request = enrolment.request
        counts = self._store.count_session(request.person, request.enrolment_id)
        record_samples(pipeline, enrolment, counts, frame.captured_at)

    def _store_sample(
        self, frame: Frame, label: EnrolmentLabel, enrolment: Enrolment, faces: Sequence[FoundFace]
    ) -> Refusal | None:
        chosen = choose_sample(faces, self._rules, self._certainty)
        if isinstance(chosen, Refusal):
            return chosen
        if self._taken.has_near_copy_of(label.person, chosen.crop, frame.frame_id):
            return Refusal.NEAR_COPY
        most = enrolment.request.train if label.split is Split.TRAIN else enrolment.request.test
        origin = SampleOrigin(
            frame_id=frame.frame_id,
            camera=frame.camera,
            captured_at=frame.captured_at,
            enrolment_id=label.enrolment_id,
        )
        try:
            self._store.add(label.person, label.split, encode_jpeg(chosen.crop, SAMPLE_QUALITY), origin, most)
        except UnknownPerson:
            _log.info("sample of a forgotten person dropped", camera=frame.camera)
        except TooManySamples:
            return Refusal.TOO_MANY_SAMPLES
        except DiskFull:
            return Refusal.DISK_FULL
        except OSError as error:
            if error.errno not in DISK_IS_FULL:
                raise
            return Refusal.DISK_FULL
        return None


def _is_due(enrolment: Enrolment, label: EnrolmentLabel) -> bool:
    """Return whether a labelled frame still counts; those in flight when the split filled up do not."""
    return (
        enrolment.state is EnrolmentState.COLLECTING
        and enrolment.request.enrolment_id == label.enrolment_id
        and enrolment.split is label.split
    )
