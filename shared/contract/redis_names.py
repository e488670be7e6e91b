"""The names of all Redis keys, streams, groups and queues. No other module spells one out."""

from typing import Final

# A work queue: entries are deleted with their acknowledgement, so the stream's length is the backlog.
FACES: Final = "faces"
# Streams for any number of readers: bounded, the oldest entries are dropped.
MODEL_VERSIONS: Final = "model-versions"
PREDICTIONS: Final = "predictions"
SIGHTINGS: Final = "sightings"

# Redis users: one for each service, one for the command line, and one for subscribers. Consumer groups have the name of
# the reading service, too.
CAPTURE: Final = "capture"
EXTRACTOR: Final = "extractor"
TRAINER: Final = "trainer"
INFERENCE: Final = "inference"
CLI: Final = "cli"
READER: Final = "reader"

# The RQ queue of training jobs, and the dotted name of the only job on it.
TRAINING_QUEUE: Final = "training"
TRAINING_JOB: Final = "familiar.services.trainer.job.train"
# Its name before 0.2.0, accepted until 0.3.0.
FORMER_TRAINING_JOB: Final = "services.trainer.job.train"

# Set of all cameras that capture has announced; those with a key `camera:<camera>` are alive.
CAMERAS: Final = "cameras"
# Counter of all faces ever kept, which determines the next slot.
KEPT_FACES: Final = "kept-faces"
# Set of the cameras with tracks in view; `view:<camera>` holds them.
VIEWS: Final = "views"
# Counter of forgotten people. Transactions that write names WATCH it, so that none writes a name forgotten meanwhile.
FORGETTINGS: Final = "forgettings"
# Hash of the number of entries dropped unread, by work queue.
DROPPED: Final = "dropped"
# Sorted set of extractors by last heartbeat, from which each derives its fair share of cameras.
EXTRACTORS: Final = "extractors"


def frames(camera: str) -> str:
    """Return the name of the work queue of a camera's frames."""
    return f"frames:{camera}"


def dead(stream: str) -> str:
    """Return the name of the stream of dead letters of `stream`."""
    return f"{stream}:dead"


def camera(name: str) -> str:
    """Return the key of a camera's last announcement, with a TTL: a camera without it is not running."""
    return f"camera:{name}"


def enrolment(camera_name: str) -> str:
    """Return the key of the hash of a camera's enrolment: its request, state, counts and refusals."""
    return f"enrolment:{camera_name}"


def kept_face(place: int | str) -> str:
    """Return the key of a slot of the ring of kept faces: a hash with a TTL."""
    return f"kept-face:{place}"


def track(track_id: str) -> str:
    """Return the key of the answers to a track's newest faces, with a TTL; their average names the next face."""
    return f"track:{track_id}"


def previews(camera: str) -> str:
    """Return the name of the stream of a camera's newest preview, with a TTL."""
    return f"previews:{camera}"


def watched(camera: str) -> str:
    """Return the key that exists while a camera's previews are watched, with a TTL; without it none are published."""
    return f"watched:{camera}"


def view(camera_name: str) -> str:
    """Return the key of the tracks and sightings in view of a camera, deleted when there are none."""
    return f"view:{camera_name}"


def lease(camera_name: str) -> str:
    """Return the key of the lease of the extractor that processes a camera's frames."""
    return f"lease:{camera_name}"


def metrics(service: str, instance: str) -> str:
    """Return the key of a process's metrics, with a TTL; inference exposes those of all processes."""
    return f"metrics:{service}:{instance}"


def heartbeat(service: str, host: str) -> str:
    """Return the key of a service's heartbeat, with a TTL, for health checks."""
    return f"heartbeat:{service}:{host}"
