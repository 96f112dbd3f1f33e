"""Who is told of backlog cases, and that every kind of subject has its texts."""

from datetime import date, timedelta

import pytest

from commitments.actions import cases, explanations
from commitments.actions.subjects import DIRECTORIES
from commitments.enums import ClockKind
from commitments.enums.backlog import CaseAct
from commitments.rules.cases import DEFAULT_POLICIES
from notifications import audiences, messages
from notifications.actions.facts import facts_of
from notifications.models import Notice
from tests.commitments.actions.test_backlog import AT, DO, Office
from tests.commitments.actions.test_explanations import AT as EXPLAINED_AT
from tests.commitments.actions.test_explanations import asked
from tests.factories.clocks import local, make_scene, start
from tests.factories.notices import give_addresses, read_register
from tests.factories.units import RoleGrantFactory


@pytest.mark.parametrize("directory", DIRECTORIES.values())
def test_every_step_of_every_subject_has_a_text(directory):
    named = {
        audiences._step_message(directory.column, kind, step.level, holder)
        for kind in directory.waiting
        for step in DEFAULT_POLICIES[kind].steps
        for holder in {step.audience == "holder", False}
    }
    asked = {
        audiences.EXPLAIN[directory.column, kind]
        for kind in directory.waiting
        if any(step.explanation_days for step in DEFAULT_POLICIES[kind].steps)
    }
    assert named | asked <= set(messages.MESSAGES)


@pytest.mark.django_db
def test_a_case_climbs_and_each_step_tells_whom_the_ladder_names():
    scene = make_scene()
    case = scene.case(original_due_on=date(2024, 4, 26), assigned=True)
    give_addresses()
    start(case, kind=ClockKind.CASE, due_on=case.current_due_on, at=local(date(2024, 3, 1)))
    for day in (19, 32, 33, 43):  # of April: 19 April, 2, 3 and 13 May
        at = local(date(2024, 4, 1) + timedelta(days=day - 1))
        cases.sweep(at=at)
        read_register(at=at)

    head = case.office.appointments.get().person
    told_of = Notice.objects.filter(case=case).order_by("pk")
    assert [(row.recipient, row.message) for row in told_of] == [
        (head, "case-due"),
        (head, "case-late"),
        (scene.supervisor, "case-late-watch"),
        (head, "case-explain"),
        (scene.leader, "case-late-watch"),
    ]


@pytest.mark.django_db
def test_who_resolved_a_case_is_not_told_to_verify_it():
    scene = make_scene()
    resolver, other = (
        RoleGrantFactory(role="verifier", unit=scene.district).person for _n in range(2)
    )
    case = scene.case(resolved=True, resolved_by=resolver)
    start(case, kind=ClockKind.VERIFY, due_on=None, at=local(date(2024, 4, 22)))
    at = local(date(2024, 5, 6))
    cases.sweep(at=at)
    read_register(at=at)

    [notice] = Notice.objects.filter(case=case)
    assert (notice.recipient, notice.role, notice.message) == (
        other,
        "verifier",
        "case-verify-late",
    )


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_act_on_a_case_tells_whom_it_concerns(language):
    """Plays all acts; each notice has its text, and every fact that the text names."""
    office = Office("registered")
    head, supervisor = office.head.username, office.scene.supervisor.username
    give_addresses()
    acts = [
        *(
            lambda name=name: DO[CaseAct[name]](office, at=AT)
            for name in ("ASSIGN", "SUSPEND", "RESUME")
        ),
        lambda: office.propose(new_due_on=date(2024, 10, 31)),
        office.decide,
        lambda: office.propose(new_due_on=date(2024, 12, 1)),
        lambda: office.decide(granted=False, answer="Không"),
        *(
            lambda name=name: DO[CaseAct[name]](office, at=AT)
            for name in ("RESOLVE", "REJECT", "RESOLVE", "ACCEPT", "REOPEN", "CANCEL")
        ),
    ]
    rows, seen, when = Notice.objects.with_matter().filter(case=office.case), 0, {}
    for act in acts:
        act()
        read_register(at=AT)
        for notice in rows.filter(pk__gt=seen).order_by("pk"):
            facts = facts_of(notice, at=AT, language=language)
            follows = messages.what_follows(notice.message, facts)
            when.setdefault(notice.message, bool(facts["when"]) and facts["when"] in follows)
            seen = notice.pk
    assert when == {  # whatever goes on says when; what has come to rest does not
        "case-assigned": True,
        "case-suspended": False,
        "case-resumed": True,
        "case-extension-proposed": True,
        "case-extended": True,
        "case-declined": True,
        "case-verify-request": True,
        "case-rejected": True,
        "case-closed": False,
        "case-reopening-proposed": True,  # read when it was decided already
        "case-reopened": True,
        "case-cancelled": False,
    }

    found = {}
    for notice in Notice.objects.with_matter().filter(case=office.case).order_by("pk"):
        found.setdefault(notice.message, set()).add(notice.recipient.username)
        facts = facts_of(notice, at=AT, language=language)
        text = messages.MESSAGES[notice.message]
        named = [name for name in facts if f"%({name})s" in f"{text.subject} {text.what}"]
        assert all(facts[name] for name in named), (notice.message, facts)
        assert messages.compose(notice.message, facts, language=language).text.strip()
    watching = {head, supervisor}
    assert found == {
        "case-assigned": {head},
        "case-suspended": watching,
        "case-resumed": watching,
        "case-extension-proposed": {office.assigner.username},
        "case-extended": watching,
        "case-declined": {office.supervisor.username},
        "case-verify-request": {office.verifier.username},
        "case-rejected": {head},
        "case-closed": watching,
        "case-reopening-proposed": {office.leader.username},
        "case-reopened": {head},
        "case-cancelled": watching,
    }


@pytest.mark.django_db
@pytest.mark.parametrize("of", ["case", "version"])
@pytest.mark.parametrize("accepted", [True, False])
def test_an_explanation_is_told_to_who_watches_and_its_judgement_to_who_gave_it(of, accepted):
    scene, explanation, holder, supervisor = asked(of)
    key = {"explanation_id": explanation.pk, "at": EXPLAINED_AT}
    explanations.give(**key, text="Mưa lũ", by=holder)
    explanations.judge(**key, accepted=accepted, by=supervisor, answer="Không có minh chứng")
    read_register(at=EXPLAINED_AT)

    rows = Notice.objects.filter(message__startswith="explanation").order_by("pk")
    assert [(row.recipient, row.message) for row in rows] == [
        (scene.supervisor, "explanation-given"),
        (holder, "explanation-accepted" if accepted else "explanation-refused"),
    ]
