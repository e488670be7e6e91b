"""What is in view of a camera: the tracks that are seen, and the sightings that came and have not left.

It is kept in Redis as it stands here, so that any replica of inference goes on with it.
"""

from dataclasses import dataclass
from datetime import datetime

from familiar.shared.contract.messages import Confidence, Message, Slug, Time, TooPoor


@dataclass(frozen=True)
class SeenFace:
    """A face of a track, with what the average over that track says; `person` is None for somebody unknown."""

    face_id: str
    track_id: str
    captured_at: datetime
    person: str | None
    confidence: float
    model_version: int


@dataclass(frozen=True)
class PoorFace:
    """A face of a track that is too small or too blurred to say who that is: only that somebody is there."""

    track_id: str
    captured_at: datetime
    reason: TooPoor


class Run(Message):
    """So many faces of a track in a row got the same answer, the first of them captured at `since`.

    There are none while all faces were too small or too blurred.
    """

    person: Slug | None
    since: Time
    faces: int


class TrackInView(Message):
    """A track: when its first and last faces were captured, how many were answered, and which sighting it belongs to.

    `poor` says why none was answered yet.
    """

    track_id: str
    first_seen_at: Time
    last_seen_at: Time
    faces: int
    run: Run
    sighting_id: str | None = None
    poor: TooPoor | None = None

    @classmethod
    def opened_by_poor(cls, face: PoorFace) -> "TrackInView":
        """Give the track of one face that says nothing."""
        at = face.captured_at
        run = Run(person=None, since=at, faces=0)
        return cls(track_id=face.track_id, first_seen_at=at, last_seen_at=at, faces=0, run=run, poor=face.reason)

    def with_poor_face(self, face: PoorFace) -> "TrackInView":
        """Give the track after one more face, which only says that somebody is still there."""
        changes = {
            "first_seen_at": min(self.first_seen_at, face.captured_at),
            "last_seen_at": max(self.last_seen_at, face.captured_at),
            "poor": None if self.faces else face.reason,
        }
        return self.model_copy(update=changes)

    @classmethod
    def opened_by(cls, face: SeenFace) -> "TrackInView":
        """Give the track of one face."""
        at = face.captured_at
        run = Run(person=face.person, since=at, faces=1)
        return cls(track_id=face.track_id, first_seen_at=at, last_seen_at=at, faces=1, run=run)

    def with_face(self, face: SeenFace) -> "TrackInView":
        """Give the track after one more face."""
        same = self.run.faces > 0 and self.run.person == face.person
        changes = {
            "first_seen_at": min(self.first_seen_at, face.captured_at),
            "last_seen_at": max(self.last_seen_at, face.captured_at),
            "faces": self.faces + 1,
            "run": Run(
                person=face.person,
                since=self.run.since if same else face.captured_at,
                faces=self.run.faces + 1 if same else 1,
            ),
            "poor": None,
        }
        return self.model_copy(update=changes)


class OpenSighting(Message):
    """Somebody who came and has not left, as the last face that was theirs says."""

    sighting_id: str
    track_id: str
    person: Slug | None
    confidence: Confidence
    model_version: int
    last_seen_at: Time

    @classmethod
    def opened_by(cls, face: SeenFace, last_seen_at: datetime) -> "OpenSighting":
        """Give the sighting that begins to be known with a face, maybe not the last one: it is called after it."""
        return cls(
            sighting_id=face.face_id,
            track_id=face.track_id,
            person=face.person,
            confidence=face.confidence,
            model_version=face.model_version,
            last_seen_at=last_seen_at,
        )

    def seen_at(self, at: datetime) -> "OpenSighting":
        """Give the sighting after one more face that does not say whose it is."""
        return self.model_copy(update={"last_seen_at": max(self.last_seen_at, at)})

    def with_face(self, face: SeenFace) -> "OpenSighting":
        """Give the sighting after one more face of the same person."""
        opened = OpenSighting.opened_by(face, max(self.last_seen_at, face.captured_at))
        return opened.model_copy(update={"sighting_id": self.sighting_id})


class View(Message):
    """What is in view of one camera."""

    camera: Slug
    tracks: tuple[TrackInView, ...] = ()
    sightings: tuple[OpenSighting, ...] = ()

    def track(self, track_id: str) -> TrackInView | None:
        """Find a track."""
        return next((track for track in self.tracks if track.track_id == track_id), None)

    def sighting(self, sighting_id: str | None) -> OpenSighting | None:
        """Find a sighting that has not left."""
        return next((sighting for sighting in self.sightings if sighting.sighting_id == sighting_id), None)

    def with_track(self, track: TrackInView) -> "View":
        """Give the view with a track as it is now."""
        others = (other for other in self.tracks if other.track_id != track.track_id)
        return self.model_copy(update={"tracks": (*others, track)})

    def with_sighting(self, sighting: OpenSighting) -> "View":
        """Give the view with a sighting as it is now."""
        others = self.without(sighting).sightings
        return self.model_copy(update={"sightings": (*others, sighting)})

    def without(self, sighting: OpenSighting) -> "View":
        """Give the view without a sighting."""
        others = tuple(other for other in self.sightings if other.sighting_id != sighting.sighting_id)
        return self.model_copy(update={"sightings": others})
