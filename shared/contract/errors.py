"""Every error that Familiar names, with the HTTP status it is mapped to.

The docstring of a class is its default message. The raising code may pass a more specific one; every message says what
to do.
"""

from typing import ClassVar


class FamiliarError(Exception):
    """Something went wrong that Familiar can name. `code` is what programs tell it by, and never changes."""

    code: ClassVar[str] = "familiar-error"
    status: ClassVar[int] = 500
    # How long a client should wait before it tries again, where that helps.
    retry_after_seconds: ClassVar[int | None] = None

    def __init__(self, detail: str | None = None) -> None:
        """Use `detail` as the message, or the class's docstring by default."""
        super().__init__(detail or " ".join((type(self).__doc__ or "").split()))

    @property
    def detail(self) -> str:
        """The message for the user."""
        return str(self)

    @property
    def title(self) -> str:
        """The kind of error in words, such as "no model"."""
        return self.code.replace("-", " ")

    @property
    def problem(self) -> dict[str, str | int]:
        """The error as a problem document (RFC 9457)."""
        return {
            "type": f"urn:familiar:{self.code}",
            "code": self.code,
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
        }


class UnreadableImage(FamiliarError):
    """This is not a picture that can be read. Send a JPEG, PNG or WebP."""

    code = "unreadable-image"
    status = 422


class ImageTooLarge(FamiliarError):
    """The picture is too large. Send one of at most 40 megapixels and 20 MB."""

    code = "image-too-large"
    status = 413


class Busy(FamiliarError):
    """There is more to do at the moment than can be done in time. Try again in a second."""

    code = "busy"
    status = 503
    retry_after_seconds = 1


class SlowRequest(FamiliarError):
    """The body of the request did not arrive in time. Send it again over a faster connection, or send a smaller one."""

    code = "slow-request"
    status = 408


class UnsupportedMediaType(FamiliarError):
    """Send the picture as the multipart field `image`, or as the body.

    The body's Content-Type is image/jpeg, image/png or image/webp.
    """

    code = "unsupported-media-type"
    status = 415


class InvalidRequest(FamiliarError):
    """The request does not have the form that the API describes at /docs."""

    code = "invalid-request"
    status = 422


class MalformedRequest(FamiliarError):
    """This is no HTTP/1.1 request. Correct its request line, its headers and the length of its body."""

    code = "malformed-request"
    status = 400


class HeadersTooLarge(FamiliarError):
    """The headers of the request are too large. Send at most 64 kB of them."""

    code = "headers-too-large"
    status = 431


class CrossSiteRequest(FamiliarError):
    """A web page of another site may not change anything here. Use Familiar's own address instead."""

    code = "cross-site-request"
    status = 403


class HostNotAllowed(FamiliarError):
    """Familiar is not to be asked under this host name. Use 127.0.0.1, or add the name to FAMILIAR_ALLOWED_HOSTS."""

    code = "host-not-allowed"
    status = 400


class TokenMissing(FamiliarError):
    """This takes a token. Send it as `Authorization: Bearer TOKEN`; `familiar token show` prints the owner's."""

    code = "token-missing"
    status = 401


class TokenWrong(FamiliarError):
    """No token is like this one; it may have been revoked. `familiar token show` prints the owner's."""

    code = "token-wrong"
    status = 401


class TokenExpired(FamiliarError):
    """The time of this token is over. Ask for another: `familiar token add` makes one."""

    code = "token-expired"
    status = 401


class ScopeMissing(FamiliarError):
    """Use a token with that scope: `familiar token add NAME --scope SCOPE` makes one."""

    code = "scope-missing"
    status = 403


class TooManyAttempts(FamiliarError):
    """Too many wrong tokens were sent from this address. Wait a moment, then send the right one."""

    code = "too-many-attempts"
    status = 429
    retry_after_seconds = 1


class TokenNameTaken(FamiliarError):
    """There is a token of that name already. Revoke it first, or choose another name."""

    code = "token-name-taken"
    status = 409


class UnknownToken(FamiliarError):
    """`familiar token list` lists the tokens."""

    code = "unknown-token"
    status = 404


class BrokenTokens(FamiliarError):
    """Nobody is let in. Put the file back from a backup, or delete it, and add the tokens again."""

    code = "broken-tokens"
    status = 503


class InvalidName(FamiliarError):
    """A name has 1 to 64 characters, at least one letter or digit among them.

    It has no slashes, no control characters and no invisible ones.
    """

    code = "invalid-name"
    status = 422


class NameTaken(FamiliarError):
    """Another person's name is written the same in folders. Choose a name that differs in its letters."""

    code = "name-taken"
    status = 409


class UnknownPerson(FamiliarError):
    """Nobody of that name is enrolled. `familiar people` lists who is."""

    code = "unknown-person"
    status = 404


class UnknownSample(FamiliarError):
    """The person has no such sample, or has it no more. Use the id of one in the list of their samples."""

    code = "unknown-sample"
    status = 404


class UnknownStranger(FamiliarError):
    """There is no such face of a stranger, or it is there no more. Use an id of the list of its source."""

    code = "unknown-stranger"
    status = 404


class BeingForgotten(FamiliarError):
    """Somebody of that name is being forgotten. Try again in a moment."""

    code = "being-forgotten"
    status = 409


class AnswerWithdrawn(FamiliarError):
    """Somebody was forgotten while this was answered, so the answer was not given. Ask again."""

    code = "answer-withdrawn"
    status = 503


class UnknownKeptFace(FamiliarError):
    """That face is not kept, so its prediction cannot be corrected. Use the id of a newer prediction.

    Only the newest faces are kept, and not for long: FAMILIAR_KEPT_FACES sets how many, 0 none, and
    FAMILIAR_KEEP_FACES_MINUTES for how long.
    """

    code = "unknown-kept-face"
    status = 404


class UnknownCamera(FamiliarError):
    """There is no camera of that name. `familiar doctor` lists the cameras; FAMILIAR_CAMERAS sets them."""

    code = "unknown-camera"
    status = 404


class CameraTaken(FamiliarError):
    """There is a camera of that name already. Choose another name."""

    code = "camera-taken"
    status = 409


class TooManyCameras(FamiliarError):
    """There are as many browser cameras as FAMILIAR_MOST_CAMERAS allows. Close one, and try again in ten seconds."""

    code = "too-many-cameras"
    status = 503


class UnknownEnrolment(FamiliarError):
    """There is no enrolment on that camera. Start one with `familiar enrol NAME --camera CAMERA`."""

    code = "unknown-enrolment"
    status = 404


class EnrolmentRunning(FamiliarError):
    """That camera is enrolling somebody already. Wait until it is complete, or cancel it."""

    code = "enrolment-running"
    status = 409


class SourceFailed(FamiliarError):
    """The camera's source cannot be opened or has stopped giving pictures. Check its address in FAMILIAR_CAMERAS."""

    code = "source-failed"


class DetectorFailed(FamiliarError):
    """This is no YuNet model that OpenCV can run. Set FAMILIAR_YUNET to the path of one, or unset it to do without."""

    code = "detector-failed"


class NoModel(FamiliarError):
    """There is no model yet. Enrol at least two people, then run `familiar train`."""

    code = "no-model"
    status = 503


class UnknownModel(FamiliarError):
    """There is no model of that version. `familiar models` lists them."""

    code = "unknown-model"
    status = 404


class UnknownPicture(FamiliarError):
    """The model version has no picture of that name. Use one that its manifest names among its files."""

    code = "unknown-picture"
    status = 404


class BrokenModel(FamiliarError):
    """The files of this model version are damaged or incomplete. Train again, or put the folder back from a backup."""

    code = "broken-model"
    status = 503


class UnknownJob(FamiliarError):
    """There is no training job of that id; finished jobs are forgotten after a day."""

    code = "unknown-job"
    status = 404


class TrainingQueueFull(FamiliarError):
    """As many trainings are waiting as may. One is enough for all samples; ask again when some have ended."""

    code = "training-queue-full"
    status = 429
    retry_after_seconds = 60


class TooFewPeople(FamiliarError):
    """Training needs at least two people. Enrol another with `familiar enrol NAME --camera CAMERA`."""

    code = "too-few-people"
    status = 409


class TooFewSamples(FamiliarError):
    """Somebody has too few samples to train on. Enrol them again, or forget them."""

    code = "too-few-samples"
    status = 409


class PersonForgotten(FamiliarError):
    """Somebody was forgotten while the training went on, so its version was not published. Train again."""

    code = "person-forgotten"
    status = 409


class WeightsUnavailable(FamiliarError):
    """MobileNet's ImageNet weights cannot be had. Put the file into ~/.keras/models, or name it in FAMILIAR_WEIGHTS."""

    code = "weights-unavailable"


class StrangersUnavailable(FamiliarError):
    """Run `familiar strangers fetch` again: it goes on where it stopped.

    Or put pictures of strangers into a folder and name it in FAMILIAR_STRANGERS; that needs no network.
    """

    code = "strangers-unavailable"


class FetchRunning(FamiliarError):
    """Faces of strangers are being fetched already. Wait until that is done, or stop it."""

    code = "fetch-running"
    status = 409


class TooManyPeople(FamiliarError):
    """As many people are enrolled as FAMILIAR_MOST_PEOPLE allows. Forget somebody, or raise it."""

    code = "too-many-people"
    status = 409


class TooManySamples(FamiliarError):
    """The person would have more samples than FAMILIAR_MOST_SAMPLES allows. Delete some, ask for fewer, or raise it."""

    code = "too-many-samples"
    status = 409


class TooManyStrangers(FamiliarError):
    """There are as many faces of strangers as FAMILIAR_MOST_STRANGERS allows. Delete some, or raise it.

    `familiar strangers clear` deletes the fetched ones.
    """

    code = "too-many-strangers"
    status = 409


class DiskFull(FamiliarError):
    """The disk is full, so nothing new was stored. Make room, then try again."""

    code = "disk-full"
    status = 507


class BrokenExport(FamiliarError):
    """The exported network does not answer as the trained one does. Nothing was published; report this with the log."""

    code = "broken-export"


class BrokenBackup(FamiliarError):
    """The file is no backup, or it is damaged. Nothing was restored; take another backup."""

    code = "broken-backup"


class BackupOutdated(FamiliarError):
    """Somebody was forgotten while the backup was written. Delete the file, and take the backup again."""

    code = "backup-outdated"


class RestoreRefused(FamiliarError):
    """There are other people or versions where the backup is to be restored. Restore into an empty FAMILIAR_HOME."""

    code = "restore-refused"


class KeyMissing(FamiliarError):
    """The faces in FAMILIAR_HOME are encrypted, and no key is set. Set FAMILIAR_KEY_FILE or FAMILIAR_KEYRING."""

    code = "key-missing"


class KeyWrong(FamiliarError):
    """The faces in FAMILIAR_HOME are encrypted with another key. Set FAMILIAR_KEY_FILE to the file with that one."""

    code = "key-wrong"


class KeyUnusable(FamiliarError):
    """A key is made by `familiar key new FILE`, and is its owner's alone to read (mode 600)."""

    code = "key-unusable"


class KeyExists(FamiliarError):
    """There is a key already, with which faces may be encrypted. Keep it, or name another file."""

    code = "key-exists"


class BrokenSeal(FamiliarError):
    """The encrypted face is damaged, or lies where another one belongs. Delete it."""

    code = "broken-seal"


class MalformedEntry(FamiliarError):
    """A stream entry cannot be read: it needs a field `header` (JSON of its message) and a field `payload`."""

    code = "malformed-entry"


class RedisUnavailable(FamiliarError):
    """Redis does not answer. Start Familiar with `familiar up`, or set REDIS_URL."""

    code = "redis-unavailable"
    status = 503


class RedisNotFound(FamiliarError):
    """No Redis server is installed. Install `redis-server` or `valkey-server`, or set REDIS_URL to a running one."""

    code = "redis-not-found"


class AlreadyRunning(FamiliarError):
    """Familiar is already running with this FAMILIAR_HOME. Use it, or stop it with Ctrl-C first."""

    code = "already-running"


class PortTaken(FamiliarError):
    """Somebody else listens on a port that Familiar needs.

    Stop that, or set FAMILIAR_PORT, FAMILIAR_CAMERA_PORT or REDIS_URL.
    """

    code = "port-taken"


class ServiceFailed(FamiliarError):
    """A service does not come up; its log has the reason."""

    code = "service-failed"


class ExtractorMissing(FamiliarError):
    """Frames are not being worked through: no extractor is running. Start one, or run `familiar up`."""

    code = "extractor-missing"


class CaptureUnavailable(FamiliarError):
    """Capture does not answer. Start Familiar with `familiar up`, or set FAMILIAR_CAPTURE_URL."""

    code = "capture-unavailable"
    status = 503


class InferenceUnavailable(FamiliarError):
    """Start Familiar with `familiar up`, or set FAMILIAR_URL."""

    code = "inference-unavailable"
    status = 503


class TrainingFailed(FamiliarError):
    """The training failed; the trainer's log has the reason."""

    code = "training-failed"

    def __init__(self, detail: str | None = None, *, reason: str = "failed") -> None:
        """Take the trainer's message, and the code of its error as `reason`."""
        super().__init__(detail)
        self.reason = reason
