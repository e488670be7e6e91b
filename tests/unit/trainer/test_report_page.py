"""The page of a report: safe to open, whatever people are called."""

import base64
import hashlib
import html
import re
from dataclasses import replace

import pytest

from familiar.services.trainer.report.facts import ReportFacts
from familiar.services.trainer.report.findings import find_people
from familiar.services.trainer.report.page import Picture, write_page
from familiar.services.trainer.report.write import conclude
from tests.report_builder import Answers, report_facts, with_odd_samples

SCRIPT = "<script>alert('1')"
# The beginning of a PNG of 20 by 10 pixels; the page asks for no more than its size.
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + (20).to_bytes(4, "big") + (10).to_bytes(4, "big")
NAMES = ("learning-curves", "confusion", "scores", "samples", "reliability")
PICTURES = dict.fromkeys(NAMES, Picture(PNG, PNG))


def page_of(facts: ReportFacts) -> str:
    """Write the page, with pictures that nobody looks at."""
    return write_page(facts, *conclude(facts, find_people(facts)), PICTURES)


@pytest.fixture(scope="module")
def page() -> str:
    """Give the page of two people, one of them with a name that would do harm."""
    answers: dict[str, Answers] = {
        SCRIPT: {SCRIPT: 60, "`Zoë` & Co": 30, None: 10},
        "`Zoë` & Co": {"`Zoë` & Co": 93, SCRIPT: 7},
    }
    return page_of(report_facts(answers, strangers={SCRIPT: 5, None: 45}))


def test_names_are_text_and_nothing_else(page: str) -> None:
    """A name that looks like a script stands there to be read."""
    assert html.escape(SCRIPT) in page.replace("&#39;", "&#x27;")
    assert "<script" not in page
    assert "Zoë" in page


def test_the_page_loads_nothing(page: str) -> None:
    """No address, and every picture inside."""
    assert not re.search(r"https?:|//\w", re.sub(r"base64,[\w+/=]+", "", page))
    sources = re.findall(r'(?:src|srcset|href)="([^"]{0,10})', page)
    assert sources
    assert all(source.startswith("data:image") for source in sources)


def test_the_pages_own_policy_lets_its_styles_in_and_no_others(page: str) -> None:
    """The hash is that of the styles, and nothing carries a style of its own."""
    (styles,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(styles.encode()).digest()).decode()
    assert f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'" in page
    assert " style=" not in page


def test_the_page_says_what_to_do(page: str) -> None:
    """The verdict, what is wrong, and the command with a slug that needs no quoting."""
    assert "is often missed: 60 of 100 pictures got the right name" in page
    assert "are mistaken for one another" in page
    assert "<strong>60 of 100</strong> pictures got the right name; taken for `Zoë` &amp; Co 30 times;" in page
    assert "Learned from 200 pictures of 2 sessions on 2 days." in page
    assert re.search(r"familiar</span> <span>enrol</span> <span>[a-z0-9-]+</span> <span>--camera", page)


def test_pictures_stand_at_half_their_pixels(page: str) -> None:
    """They are sharp on fine screens."""
    assert 'width="10" height="5"' in page


def test_people_who_need_nothing_are_folded_away_when_they_are_many() -> None:
    """Whoever needs work is never folded away."""
    answers: dict[str, Answers] = {f"Person {number}": {f"Person {number}": 100} for number in range(9)}
    page = page_of(report_facts({**answers, "Messi": {"Messi": 50, None: 50}}))
    shown, folded = page.split("<details>")
    assert "9 more people are recognised reliably" in folded
    assert "<bdi>Messi</bdi>" in shown
    assert "<bdi>Person 1</bdi></h3>" not in shown


def test_who_has_odd_samples_is_not_folded_away() -> None:
    """However reliable: some of the samples are shown, with what to do."""
    facts = report_facts({f"Person {number}": {f"Person {number}": 100} for number in range(9)})
    shown, folded = page_of(with_odd_samples(facts)).split("<details>")
    assert "8 more people are recognised reliably" in folded
    assert "<bdi>Person 0</bdi></h3>" in shown
    assert "4 of 12 samples of Person 0 look like somebody else than the other 8" in shown
    assert len(re.findall(r'width="72" height="72"', shown)) == 4
    assert "look like somebody else" not in page_of(facts)


def test_confidence_is_set_against_right_answers() -> None:
    """Strangers have half of the weight, or are said to be missing; without test pictures there is nothing to say."""
    answers = {"Karan": {"Karan": 90, None: 10}}
    sentence = (
        "Of faces that were 90\N{THIN SPACE}% sure, {}\N{THIN SPACE}% were right. "
        "Over all faces, the two are {} percentage points apart"
    )
    both = page_of(report_facts(answers, strangers={"Karan": 10, None: 40}))
    assert sentence.format("82", "13.0") in both
    assert "count for half each" in both
    alone = page_of(report_facts(answers))
    assert sentence.format("100", "16.0") in alone
    assert "no strangers were tested" in alone
    assert "percentage points apart" not in page_of(report_facts({"Karan": {}}))


def test_what_the_threshold_could_not_be_chosen_by_stands_under_it() -> None:
    """Each note in the words it came in, as text."""
    facts = report_facts({"Karan": {"Karan": 30}})
    note = "With <two> people nobody could stand for a stranger."
    noted = page_of(replace(facts, calibration_notes=(note,)))
    assert f"<li>{html.escape(note)}</li>" in noted.split("<dt>Threshold</dt>")[1]
    assert 'class="notes"' not in page_of(facts)


def test_nobody_tested_is_no_praise() -> None:
    """Without test samples and strangers there is no mistake, and that is no good sign."""
    page = page_of(report_facts({"Karan": {}, "Zoë": {}}))
    assert page.count("Nobody was tested.") == 2
    assert "There is no mistake to show" not in page
