"""The check that everything is at work again when the faults are over."""

from collections.abc import Iterator

from tests.chaos.evidence import Evidence
from tests.chaos.stack import PEOPLE


def everything_is_at_work(evidence: Evidence) -> Iterator[str]:
    """All services and cameras are there, and faces before each camera get answers."""
    site = evidence.workload.site
    services, cameras = site.ask("GET", "/v1/services"), site.ask("GET", "/v1/cameras")
    if services is None or not services.is_success or cameras is None or not cameras.is_success:
        yield f"inference does not answer: {evidence.workload.site.answers[-1]}"
        return
    yield from (f"{each['service']} does not run" for each in services.json()["services"] if not each["running"])
    running = {camera["camera"] for camera in cameras.json() if camera["state"] == "running"}
    yield from (f"camera {name} does not run" for name in PEOPLE if name not in running)
    predictions = evidence.workload.heard.predictions
    said = {prediction.camera for _, prediction, heard_at in predictions if heard_at > evidence.settled_at}
    yield from (f"nobody before camera {name} gets an answer" for name in PEOPLE if name not in said)
