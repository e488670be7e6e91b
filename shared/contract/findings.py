"""What a version's report says. Each sentence is made once, by the trainer; report, command line and page show it."""

from pydantic import Field

from familiar.shared.contract.messages import Message, Slug


class PersonFindings(Message):
    """How well somebody is recognised, as words such as "often missed", and what to do, most important first.

    Samples that look like somebody else are named among the steps, before all others, and `odd` are the files that show
    the clearest of them. `collect` says how many samples to collect next, None where there are enough, and `command`
    how to collect what the steps ask for, None where they ask for none. Of `tested` pictures so many got the right
    name, a wrong one, or were unknown; `taken_for` counts the wrong names by slug, most often first. `answers` and
    `learned` say in a sentence how the person was tested and learned.

    Versions from before there was what has a default here have nothing of it.
    """

    slug: Slug
    standing: str
    steps: tuple[str, ...]
    collect: str | None
    name: str = ""
    tested: int = 0
    right: int = 0
    wrong: int = 0
    unknown: int = 0
    taken_for: dict[Slug, int] = Field(default_factory=dict)
    answers: str = ""
    learned: str = ""
    command: str | None = None
    odd: tuple[str, ...] = ()


class ShownMistake(Message):
    """A wrong answer: the file with the face, in the version's folder, and what was wrong in a sentence."""

    file: str
    words: str


class Findings(Message):
    """What the version's report says: how good the version is in a sentence or two, and what to do about it.

    `people` come worst first, `mistakes` as well. Steps may hold commands between backticks. `augmentation` is the file
    that shows what augmentation makes of faces. `strangers` says how strangers were answered, of whom so many were
    tested and named, and `strangers_learned` from which ones it learned. `reliability` says whether confidences mean
    what they say, None without test samples. Versions from before there was what has a default here have nothing of it.
    """

    verdict: str
    people: tuple[PersonFindings, ...]
    strangers_steps: tuple[str, ...]
    mistakes: tuple[ShownMistake, ...]
    augmentation: str
    strangers: str = ""
    strangers_learned: str = ""
    strangers_tested: int = 0
    strangers_named: int = 0
    reliability: str | None = None
