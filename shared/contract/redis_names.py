"""Every name in Redis, and why it is there. Nothing else in the tree spells one out."""

from typing import Final

# Streams. Work queues: an entry is deleted with its acknowledgement, so the length is the backlog.
FACES: Final = "faces"
# Streams to read from anywhere, by anybody: bounded, oldest dropped.
MODEL_VERSIONS: Final = "model-versions"
PREDICTIONS: Final = "predictions"
SIGHTINGS: Final = "sightings"

# Consumer groups, named after the service that reads.
EXTRACTOR: Final = "extractor"
INFERENCE: Final = "inference"

# The RQ queue of training jobs, and the dotted name of the one job on it.
TRAINING_QUEUE: Final = "training"
TRAINING_JOB: Final = "familiar.services.trainer.job.train"
# What it was called before 0.2.0: still run, until 0.3.0.
FORMER_TRAINING_JOB: Final = "familiar.services.trainer.job.train"

# Set of the cameras that capture has ever announced; `camera:<camera>` says which are alive.
CAMERAS: Final = "cameras"
# Counter of the faces that were ever kept: it says in which place the next one goes.
KEPT_FACES: Final = "kept-faces"
# Set of the cameras with something in view; `view:<camera>` says what.
VIEWS: Final = "views"
# Counter of forgettings. Who writes names watches it, so that nobody is named who was forgotten just then.
FORGETTINGS: Final = "forgettings"
# Hash of how many entries of each work queue were dropped unread.
DROPPED: Final = "dropped"
# Sorted set of extractors by their last sign of life, so that each knows its fair share of cameras.
EXTRACTORS: Final = "extractors"


def frames(camera: str) -> str:
    """Stream of one camera's frames; a work queue."""
    return f"frames:{camera}"


def dead(stream: str) -> str:
    """Stream of what could not be read from `stream`, with the reason: its dead letters."""
    return f"{stream}:dead"


def camera(name: str) -> str:
    """What capture last announced of a camera, with a time to live: a camera without it is not running."""
    return f"camera:{name}"


def enrolment(camera_name: str) -> str:
    """Hash of the enrolment on a camera: its request, state, counts and refusals."""
    return f"enrolment:{camera_name}"


def kept_face(place: int | str) -> str:
    """Hash of a face whose prediction can be corrected, with a time to live; the next one in its place replaces it."""
    return f"kept-face:{place}"


def track(track_id: str) -> str:
    """What was answered to the newest faces of a track, with a time to live: their average names the next one."""
    return f"track:{track_id}"


def previews(camera: str) -> str:
    """Stream of what a camera shows, only its newest picture, with a time to live; empty while nobody watches."""
    return f"previews:{camera}"


def watched(camera: str) -> str:
    """Key with a time to live that says somebody watches a camera's previews: without it, none are published."""
    return f"watched:{camera}"


def view(camera_name: str) -> str:
    """Tracks and sightings in view of a camera; it goes when nobody is there any more."""
    return f"view:{camera_name}"


def lease(camera_name: str) -> str:
    """Lock of the one extractor that works through a camera's frames."""
    return f"lease:{camera_name}"


def metrics(service: str, instance: str) -> str:
    """Key with a time to live that holds a process's own metrics, so that one address shows those of all."""
    return f"metrics:{service}:{instance}"


def heartbeat(service: str, host: str) -> str:
    """Key with a time to live that says a service's loop goes round; health checks read it."""
    return f"heartbeat:{service}:{host}"
