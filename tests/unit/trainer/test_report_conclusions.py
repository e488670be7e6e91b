"""All that is said of a version: what the report, the command line and the page show."""

from familiar.services.trainer.report.facts import ReportFacts
from familiar.services.trainer.report.findings import find_people
from familiar.services.trainer.report.write import conclude
from familiar.shared.contract.findings import Findings
from tests.report_builder import report_facts, with_odd_samples

FACTS = report_facts({"Karan": {"Karan": 100}, "Zoë": {"Zoë": 60, "Karan": 40}}, {None: 50})


def findings_of(facts: ReportFacts) -> Findings:
    """Give what is said, without the faces."""
    findings, _ = conclude(facts, find_people(facts))
    return findings


def test_who_is_missed_comes_first_with_what_to_do() -> None:
    """Whoever is reliable and has enough samples has nothing to do."""
    zoe, karan = findings_of(FACTS).people
    assert (zoe.slug, zoe.name, zoe.standing) == ("zoe", "Zoë", "often missed")
    assert (zoe.tested, zoe.right, zoe.wrong, zoe.unknown, zoe.taken_for) == (100, 60, 40, 0, {"karan": 40})
    assert zoe.answers == "60 of 100 pictures got the right name; taken for Karan 40 times."
    assert zoe.learned == "Learned from 200 pictures of 2 sessions on 2 days."
    assert zoe.steps
    assert zoe.command == "familiar enrol zoe --camera CAMERA"
    assert zoe.collect == "100 more to learn from, unlike those there are"
    assert (karan.slug, karan.standing, karan.steps, karan.collect) == ("karan", "reliable", (), None)


def test_the_version_is_judged_and_strangers_are_counted() -> None:
    """With what was learned of them."""
    findings = findings_of(FACTS)
    assert findings.verdict.startswith("Familiar recognises 1 of 2 people reliably")
    assert findings.strangers == "0 of 50 strangers whom it had never seen got somebody's name."
    assert findings.strangers_learned == "Faces of strangers: 400 fetched, of which 50 were kept for the test."
    assert (findings.strangers_tested, findings.strangers_named, findings.strangers_steps) == (50, 0, ())
    named = findings_of(report_facts({"Karan": {"Karan": 100}}, {"Karan": 2, None: 48}))
    assert named.strangers.endswith(" got somebody's name. The names they got: Karan twice.")


def test_samples_that_look_like_somebody_else_are_a_step_of_their_person_alone() -> None:
    """With files that show them."""
    zoe, karan = findings_of(with_odd_samples(FACTS)).people
    assert not any("look like" in step for step in zoe.steps)
    (step,) = karan.steps
    assert step == (
        "4 of 12 samples of Karan look like somebody else than the other 8. Look through all of them on the page, "
        "under People, and delete those that do not show Karan; then train again."
    )
    assert (zoe.odd, len(karan.odd)) == ((), 4)


def test_every_face_that_is_named_is_given() -> None:
    """And no other."""
    facts = with_odd_samples(FACTS)
    findings, faces = conclude(facts, find_people(facts))
    named = [*(mistake.file for mistake in findings.mistakes), *(file for who in findings.people for file in who.odd)]
    assert list(faces) == named
    assert all(face.startswith(b"\xff\xd8") for face in faces.values())
