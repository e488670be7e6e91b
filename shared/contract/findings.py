"""The findings of a version's report. The trainer writes each sentence once; report, command line and page show it."""

from pydantic import Field

from familiar.shared.contract.messages import Message, Slug


class PersonFindings(Message):
    """How well a person is recognised, and what to do about it; defaults apply to versions older than a field."""

    slug: Slug
    standing: str
    """How well the person is recognised, in words such as "often missed"."""
    steps: tuple[str, ...]
    """What to do, most important first; samples that look like another person come before all else."""
    collect: str | None
    """Which samples to collect next; null where there are enough."""
    name: str = ""
    """The person's display name."""
    tested: int = 0
    """Number of tested pictures."""
    right: int = 0
    """Number of them with the right name."""
    wrong: int = 0
    """Number of them with a wrong name."""
    unknown: int = 0
    """Number of them without a name."""
    taken_for: dict[Slug, int] = Field(default_factory=dict)
    """Number of wrong names by slug, most frequent first."""
    answers: str = ""
    """A sentence on how the person was tested."""
    learned: str = ""
    """A sentence on what was learned of the person."""
    command: str | None = None
    """The command that collects what the steps ask for; null where they ask for no samples."""
    odd: tuple[str, ...] = ()
    """The files of the clearest samples that look like another person."""


class ShownMistake(Message):
    """A wrong answer."""

    file: str
    """The picture of the face in the version's folder."""
    words: str
    """A sentence on what was wrong."""


class Findings(Message):
    """The findings of a version's report; defaults apply to versions older than a field."""

    verdict: str
    """How good the version is, in a sentence or two."""
    people: tuple[PersonFindings, ...]
    """Everybody, worst first."""
    strangers_steps: tuple[str, ...]
    """What to do about strangers, with commands between backticks, as in a person's steps."""
    mistakes: tuple[ShownMistake, ...]
    """The worst mistakes, worst first."""
    augmentation: str
    """The picture of augmented faces in the version's folder."""
    strangers: str = ""
    """A sentence on how strangers were answered."""
    strangers_learned: str = ""
    """A sentence on the strangers that were learned from."""
    strangers_tested: int = 0
    strangers_named: int = 0
    """Number of tested strangers that were given a name."""
    reliability: str | None = None
    """Whether confidences match the share of right answers; null without test samples."""
