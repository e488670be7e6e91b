"""Sightings: who came before a camera and who left it, each published once, from the names of tracks.

Pure functions of state and capture time. The state of a camera, its tracks and who came and has not left, is passed in,
and returned with what to publish; Redis keeps it in between, so any replica of inference continues from it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

from familiar.shared.contract.messages import Confidence, Message, Sighting, Slug, Time, TooPoor

# Debounce: a single face is often a false detection, such as a curtain.
STEADY_FACES = 3
# On a slow camera that many faces take long.
STEADY_SECONDS = 1.0
# Grace period: the detector loses a face that looks down or aside.
LEFT_SECONDS = 3.0
# How long a track that is not steady may turn out to be of somebody who was just seen.
UNSETTLED_SECONDS = 2 * LEFT_SECONDS


@dataclass(frozen=True)
class SeenFace:
    """Face of a track, with the track's averaged answer; `person` is None for somebody unknown."""

    face_id: str
    track_id: str
    captured_at: datetime
    person: str | None
    confidence: float
    model_version: int


@dataclass(frozen=True)
class PoorFace:
    """Face of a track that is too small or too blurred to name: it says only that somebody is there."""

    track_id: str
    captured_at: datetime
    reason: TooPoor


class Run(Message):
    """Consecutive faces of a track that got the same answer."""

    person: Slug | None
    """None for somebody unknown."""
    since: Time
    """When the first of them was captured."""
    faces: int
    """0 while all faces were too small or too blurred."""


class TrackInView(Message):
    """Track in view of a camera."""

    track_id: str
    first_seen_at: Time
    """When its first face was captured."""
    last_seen_at: Time
    """When its last face was captured."""
    faces: int
    """How many of its faces were answered."""
    run: Run
    sighting_id: str | None = None
    """The sighting that it belongs to."""
    poor: TooPoor | None = None
    """Why none of its faces was answered yet."""

    def with_face(self, face: SeenFace) -> "TrackInView":
        """Return the track after one more face."""
        same = self.run.faces > 0 and self.run.person == face.person
        run = Run(
            person=face.person,
            since=self.run.since if same else face.captured_at,
            faces=self.run.faces + 1 if same else 1,
        )
        return self._seen_at(face.captured_at, faces=self.faces + 1, run=run, poor=None)

    def with_poor_face(self, face: PoorFace) -> "TrackInView":
        """Return the track after one more face, which only says that somebody is still there."""
        return self._seen_at(face.captured_at, poor=None if self.faces else face.reason)

    def not_after(self, now: datetime) -> "TrackInView":
        """Return the track as of a clock that was put back to `now`."""
        seen = {"first_seen_at": min(self.first_seen_at, now), "last_seen_at": min(self.last_seen_at, now)}
        return self.model_copy(update=seen)

    def _seen_at(self, at: datetime, **changes: object) -> "TrackInView":
        seen = {"first_seen_at": min(self.first_seen_at, at), "last_seen_at": max(self.last_seen_at, at)}
        return self.model_copy(update={**seen, **changes})


class OpenSighting(Message):
    """Somebody who came and has not left, as of the last face that was theirs."""

    sighting_id: str
    track_id: str
    person: Slug | None
    confidence: Confidence
    model_version: int
    last_seen_at: Time

    def not_after(self, now: datetime) -> "OpenSighting":
        """Return the sighting as of a clock that was put back to `now`."""
        return self.model_copy(update={"last_seen_at": min(self.last_seen_at, now)})

    def seen_at(self, at: datetime) -> "OpenSighting":
        """Return the sighting after one more face that does not say whose it is."""
        return self.model_copy(update={"last_seen_at": max(self.last_seen_at, at)})

    def with_face(self, face: SeenFace) -> "OpenSighting":
        """Return the sighting after one more face of the same person."""
        return _opened(face, max(self.last_seen_at, face.captured_at), self.sighting_id)


class View(Message):
    """What is in view of one camera."""

    camera: Slug
    tracks: tuple[TrackInView, ...] = ()
    sightings: tuple[OpenSighting, ...] = ()

    def track(self, track_id: str) -> TrackInView | None:
        """Return a track, None if it is not in view."""
        return next((track for track in self.tracks if track.track_id == track_id), None)

    def track_of(self, face: SeenFace | PoorFace) -> TrackInView:
        """Return the track of a face, or a new one without faces."""
        at = face.captured_at
        begun = TrackInView(
            track_id=face.track_id, first_seen_at=at, last_seen_at=at, faces=0, run=Run(person=None, since=at, faces=0)
        )
        return self.track(face.track_id) or begun

    def sighting(self, sighting_id: str | None) -> OpenSighting | None:
        """Return a sighting that has not left, else None."""
        return next((sighting for sighting in self.sightings if sighting.sighting_id == sighting_id), None)

    def with_track(self, track: TrackInView) -> "View":
        """Return the view with this state of a track."""
        others = (other for other in self.tracks if other.track_id != track.track_id)
        return self.model_copy(update={"tracks": (*others, track)})

    def with_sighting(self, sighting: OpenSighting) -> "View":
        """Return the view with this state of a sighting."""
        others = self.without(sighting).sightings
        return self.model_copy(update={"sightings": (*others, sighting)})

    def without(self, sighting: OpenSighting) -> "View":
        """Return the view without a sighting."""
        others = tuple(other for other in self.sightings if other.sighting_id != sighting.sighting_id)
        return self.model_copy(update={"sightings": others})


class Seen(NamedTuple):
    """The new view, and the sightings to publish, in order."""

    view: View
    said: tuple[Sighting, ...]


def see(view: View, face: SeenFace) -> Seen:
    """Return the view after one more face, and what to publish.

    Somebody is announced as soon as their track is steady. Where the track steadily gets another answer, the former
    person leaves and the right one comes.
    """
    track = view.track_of(face).with_face(face)
    sighting = view.sighting(track.sighting_id)
    if sighting is None:
        due = _is_steady(track)
    elif sighting.person == face.person:
        return Seen(view.with_track(track).with_sighting(sighting.with_face(face)), ())
    else:
        due = _has_turned(track)
    return _announce(view, track, face) if due else Seen(view.with_track(track), ())


def see_poor(view: View, face: PoorFace) -> Seen:
    """Return the view after one more face that does not say whose it is.

    It announces and renames nobody, and keeps whoever its track belongs to in view. A track without any other face may
    be of somebody who was just seen, as any track that is not steady.
    """
    track = view.track_of(face).with_poor_face(face)
    view = view.with_track(track)
    sighting = view.sighting(track.sighting_id)
    return Seen(view.with_sighting(sighting.seen_at(face.captured_at)) if sighting else view, ())


def not_after(view: View, now: datetime) -> View:
    """Return the view with what was seen later than now as seen now.

    The clock was put back: otherwise nobody of those in view would leave until it has caught up.
    """
    tracks = tuple(track.not_after(now) for track in view.tracks)
    sightings = tuple(sighting.not_after(now) for sighting in view.sightings)
    return view.model_copy(update={"tracks": tracks, "sightings": sightings})


def leave(view: View, as_of: datetime) -> Seen:
    """Return the view at a time up to which every face has been seen, and who has left.

    A track that began since somebody was last seen, and is not steady yet, may be theirs and is waited for, but for
    `UNSETTLED_SECONDS` at most: one that is always blurred never gets steady.
    """
    tracks = tuple(track for track in view.tracks if _seconds(track.last_seen_at, as_of) <= LEFT_SECONDS)
    unsettled = [
        track.first_seen_at
        for track in tracks
        if track.sighting_id is None and _seconds(track.first_seen_at, as_of) <= UNSETTLED_SECONDS
    ]
    gone = [
        sighting
        for sighting in view.sightings
        if _seconds(sighting.last_seen_at, as_of) > LEFT_SECONDS
        and not any(0 < _seconds(sighting.last_seen_at, began_at) <= LEFT_SECONDS for began_at in unsettled)
    ]
    view = view.model_copy(update={"tracks": tracks})
    for sighting in gone:
        view = view.without(sighting)
    return Seen(view, tuple(_said(view.camera, "left", sighting, sighting.last_seen_at) for sighting in gone))


def _announce(view: View, track: TrackInView, face: SeenFace) -> Seen:
    """Announce the person of a track, unless they are in view already, and that the former one has left."""
    began_at = track.first_seen_at if track.sighting_id is None else track.run.since
    view, said = leave(view, began_at)
    former = view.sighting(track.sighting_id)
    if former is not None and not _is_still_seen(former, track, view):
        view = view.without(former)
        said = (*said, _said(view.camera, "left", former, former.last_seen_at))
    same = next((sighting for sighting in view.sightings if _is_same(sighting, face.person, began_at)), None)
    sighting = same.with_face(face) if same else _opened(face, track.last_seen_at, face.face_id)
    if same is None:
        said = (*said, _said(view.camera, "came", sighting, began_at))
    track = track.model_copy(update={"sighting_id": sighting.sighting_id})
    return Seen(view.with_track(track).with_sighting(sighting), said)


def _opened(face: SeenFace, last_seen_at: datetime, sighting_id: str) -> OpenSighting:
    return OpenSighting(
        sighting_id=sighting_id,
        track_id=face.track_id,
        person=face.person,
        confidence=face.confidence,
        model_version=face.model_version,
        last_seen_at=last_seen_at,
    )


def _is_steady(track: TrackInView) -> bool:
    lasted = _seconds(track.first_seen_at, track.last_seen_at)
    # Poor faces make a track last longer, and its average no better.
    return track.faces >= STEADY_FACES or (track.faces > 1 and lasted >= STEADY_SECONDS)


def _has_turned(track: TrackInView) -> bool:
    """Return whether a track's new answer holds; hysteresis, as a known face that turns away is not at once unknown."""
    lasted = _seconds(track.run.since, track.last_seen_at)
    if track.run.person is None:
        return lasted > LEFT_SECONDS
    return track.run.faces >= STEADY_FACES or lasted >= STEADY_SECONDS


def _is_same(sighting: OpenSighting, person: str | None, began_at: datetime) -> bool:
    """Return whether the person of a track that began at a time is in view already; a second unknown is another."""
    return sighting.person == person and (person is not None or sighting.last_seen_at < began_at)


def _is_still_seen(sighting: OpenSighting, without: TrackInView, view: View) -> bool:
    """Return whether another track of a sighting was seen since the track `without` began."""
    return any(
        track.sighting_id == sighting.sighting_id and track.last_seen_at >= without.first_seen_at
        for track in view.tracks
        if track.track_id != without.track_id
    )


def _said(camera: str, event: Literal["came", "left"], sighting: OpenSighting, at: datetime) -> Sighting:
    return Sighting(
        sighting_id=sighting.sighting_id,
        track_id=sighting.track_id,
        camera=camera,
        event=event,
        person=sighting.person,
        confidence=sighting.confidence,
        model_version=sighting.model_version,
        at=at,
    )


def _seconds(earlier: datetime, later: datetime) -> float:
    return (later - earlier).total_seconds()
