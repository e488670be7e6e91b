"""The page of metrics: what each process counted, and what Redis and the store tell when it is asked for."""

from collections.abc import Callable
from pathlib import Path

import pytest
import redis
from prometheus_client import CollectorRegistry, Counter
from prometheus_client.parser import text_string_to_metric_families

from familiar.services.extractor import metrics as extractor_metrics
from familiar.services.extractor.frame_worker import FrameWorker
from familiar.services.inference.metrics import measured as inference_metrics
from familiar.shared.contract.messages import TrainingOptions
from familiar.shared.redis.cameras import Camera, CameraState, announce_camera
from familiar.shared.redis.connection import open_redis
from familiar.shared.redis.stream import count_dropped
from familiar.shared.redis.training_queue import enqueue_training, training_records
from familiar.shared.runtime.metrics import MetricsBoard, new_registry
from familiar.shared.stores.models import ModelStore
from tests.app_client import Site
from tests.builders import closed_port, publish_labelled, publish_version, zoe
from tests.colour_crops import RED
from tests.replicas import Replica, show


def samples(site: Site) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Ask for the page, and give its values by name and labels."""
    answer = site.ask("GET", "/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def key(name: str, **labels: str) -> tuple[str, frozenset[tuple[str, str]]]:
    """Give the key of a sample."""
    return name, frozenset(labels.items())


def count(registry: CollectorRegistry, name: str, **labels: str) -> float:
    """Read one value of a registry, which other tests have counted in, too."""
    return registry.get_sample_value(name, labels) or 0


def test_the_page_shows_what_other_processes_have_posted(site: Site, client: redis.Redis) -> None:
    """Under the name of the service."""
    registry = new_registry()
    Counter("familiar_frames_published", "Frames.", ["camera"], registry=registry).labels("door").inc(3)
    MetricsBoard(client, "capture", registry).post()
    shown = samples(site)
    ((instance,),) = [
        [value for label, value in labels if label == "instance"]
        for name, labels in shown
        if name == "familiar_frames_published_total"
    ]
    name = key("familiar_frames_published_total", camera="door", service="capture", instance=instance)
    assert shown[name] == 3
    (posted,) = client.scan_iter(match="metrics:*")
    assert posted.decode() == f"metrics:capture:{instance}"
    assert 0 < client.ttl(posted) <= 15


def test_the_page_tells_what_waits_and_how_cameras_and_trainings_are(
    site: Site, client: redis.Redis, home: Path
) -> None:
    """All of it is read when the page is asked for."""
    announce_camera(client, Camera(camera="door", source="0", state=CameraState.FAILING))
    publish_labelled(client, zoe(1), 0, None)
    count_dropped(client, "frames:door", 5)
    client.xadd("faces:dead", {"reason": "broken"})
    enqueue_training(client, training_records(home), TrainingOptions())
    version = publish_version(ModelStore(home), "zoe")
    shown = samples(site)
    assert shown[key("familiar_redis_up")] == 1
    assert shown[key("familiar_queue_entries", stream="frames:door")] == 1
    assert shown[key("familiar_queue_entries", stream="faces")] == 0
    assert shown[key("familiar_entries_dropped_total", stream="frames:door")] == 5
    assert shown[key("familiar_dead_letters", stream="faces")] == 1
    assert shown[key("familiar_cameras", state="failing")] == 1
    assert shown[key("familiar_cameras", state="running")] == 0
    assert shown[key("familiar_training_jobs", state="queued", service="trainer")] == 1
    assert shown[key("familiar_training_jobs", state="failed", service="trainer")] == 0
    assert shown[key("familiar_model_version", service="trainer")] == version
    assert shown[key("familiar_model_training_seconds", service="trainer")] == 1


def test_without_redis_the_page_says_so_and_shows_what_is_known(open_site: Callable[[redis.Redis], Site]) -> None:
    """Requests are counted all the same."""
    away = open_site(open_redis(f"redis://127.0.0.1:{closed_port()}"))
    away.ask("GET", "/healthz")
    shown = samples(away)
    assert shown[key("familiar_redis_up")] == 0
    assert any(name == "familiar_http_requests_total" for name, _ in shown)


@pytest.mark.parametrize(
    ("path", "route", "status"),
    [("/v1/enrolments/nowhere", "/v1/enrolments/{camera}", "404"), ("/nothing/here", "none", "404")],
)
def test_requests_are_counted_by_the_template_of_their_route(site: Site, path: str, route: str, status: str) -> None:
    """What somebody writes into a path makes no label of its own."""
    before = count(inference_metrics.REGISTRY, "familiar_http_requests_total", route=route, status=status)
    site.ask("GET", path)
    after = count(inference_metrics.REGISTRY, "familiar_http_requests_total", route=route, status=status)
    assert after - before == 1


def test_an_extractor_counts_frames_and_faces_and_how_long_they_took(client: redis.Redis, worker: FrameWorker) -> None:
    """Of three live frames that wait the newest is looked at, the others are passed over."""
    names = [
        "familiar_frames_extracted_total",
        "familiar_frames_shed_total",
        "familiar_faces_found_total",
        "familiar_frame_waiting_seconds_count",
        "familiar_face_detection_seconds_count",
    ]
    before = [count(extractor_metrics.REGISTRY, name, camera="door") for name in names]
    for sequence in range(3):
        publish_labelled(client, zoe(1), sequence, None)
    worker.step()
    after = [count(extractor_metrics.REGISTRY, name, camera="door") for name in names]
    assert [new - old for new, old in zip(after, before, strict=True)] == [1, 2, 1, 1, 1]


def test_inference_counts_predictions_by_kind_and_names_nobody(client: redis.Redis, replica: Replica) -> None:
    """Every hop of the face is measured once."""
    registry = inference_metrics.REGISTRY
    hops = [f"familiar_{hop}_seconds_count" for hop in ("face_waiting", "face_classification", "prediction_delay")]
    before = [count(registry, name, camera="door") for name in hops]
    kinds = count(registry, "familiar_predictions_total", camera="door", kind="person")
    show(client, RED, 0)
    replica("one").step()
    assert [count(registry, name, camera="door") for name in hops] == [old + 1 for old in before]
    assert count(registry, "familiar_predictions_total", camera="door", kind="person") == kinds + 1
    values = {value for family in registry.collect() for sample in family.samples for value in sample.labels.values()}
    assert not values & {"rob", "bea"}
