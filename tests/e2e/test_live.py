"""What can be watched while everything runs: events, a camera, and figures of every service."""

from typing import TYPE_CHECKING

import numpy as np
from prometheus_client.parser import text_string_to_metric_families

from familiar.services.inference.http.preview_drawing import BOX_COLOUR
from familiar.shared.contract.messages import Prediction
from familiar.shared.vision.images import decode_image
from tests.serving import events, pictures

if TYPE_CHECKING:
    from tests.e2e.conftest import Running

HOPS = (
    "frame_encoding",
    "frame_publishing",
    "frame_waiting",
    "face_detection",
    "face_waiting",
    "face_classification",
    "prediction_delay",
)


def test_a_listener_goes_on_where_it_was(taught: "Running") -> None:
    """Listening again after the first event, the second comes first."""
    path = "/v1/predictions/stream?camera=karan"
    with taught.http.stream("GET", path) as response:
        stream = events(response)
        first, second = next(stream), next(stream)
    with taught.http.stream("GET", path, headers={"Last-Event-ID": first.event_id}) as response:
        assert next(events(response)) == second
    assert isinstance(second.message, Prediction)
    assert [face.person for face in second.message.faces] == ["karan"]


def test_a_camera_shows_its_person_with_a_box_and_a_name(taught: "Running") -> None:
    """When the viewer has gone, pictures are soon published no more."""
    with taught.http.stream("GET", "/v1/cameras/karan/preview") as response:
        image = decode_image(next(pictures(response)))
    assert image.shape == (480, 640, 3)
    drawn = (np.abs(image.astype(int) - BOX_COLOUR) < 30).all(axis=2)
    assert drawn.sum() > 300
    taught.wait_for("no more pictures", lambda: not taught.client.exists("watched:karan", "previews:karan"))


def test_every_service_tells_its_figures_at_one_address(taught: "Running", picture_of_karan: bytes) -> None:
    """All hops from both cameras to their predictions have been measured, and the answer to a picture."""
    assert taught.http.post("/v1/predictions", files={"image": picture_of_karan}).is_success

    def families() -> dict[str, list[dict[str, str]]]:
        page = taught.http.get("/metrics").text
        return {
            family.name: [sample.labels for sample in family.samples] for family in text_string_to_metric_families(page)
        }

    def services() -> set[str | None]:
        return {labels.get("service") for samples in families().values() for labels in samples} - {None}

    taught.wait_for("every service", lambda: services() == {"capture", "extractor", "trainer", "inference"})
    found = families()
    for hop in HOPS:
        # Photographs that others enrolled from were cameras for a while, too.
        assert {labels["camera"] for labels in found[f"familiar_{hop}_seconds"]} >= {"karan", "arjun"}, hop
    steps = {labels["step"] for labels in found["familiar_picture_prediction_seconds"]}
    assert steps == {"decode", "detect", "classify", "total"}
    assert ("karan", "person") in {(labels["camera"], labels["kind"]) for labels in found["familiar_predictions"]}
