"""Who is told of which entry, as what; and that no kind of entry is forgotten."""

import ast
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation

from commitments.actions import cases, commitments
from commitments.enums import ClockKind, SigningOrder, VersionAct
from commitments.enums.backlog import CaseAct, CaseProposalAct, CorrectionAct
from commitments.models import Commitment
from notifications import audiences, messages
from notifications.actions.facts import facts_of
from notifications.models import Notice
from tests.factories.body import NOW, make_body, person
from tests.factories.clocks import head_of, local, make_scene, start
from tests.factories.notices import give_addresses, read_register
from units import clock
from units.actions import appointments
from units.models import RegisterEntry, RoleGrant, User
from units.rules.dates import day_text

A = VersionAct


def told(kind: str) -> set[tuple[str, str, str]]:
    """Return (who, message, kind of notice) for all that was told of entries of `kind`."""
    rows = Notice.objects.filter(link__entry__kind=kind)
    return set(rows.values_list("recipient__username", "message", "kind"))


# --- no kind of entry is forgotten ----------------------------------------------------------------


def kinds_written() -> set[str]:
    """Return every kind that the code enters, `noun.*` where the act is filled in."""
    found = set()
    for app in ("units", "commitments", "notifications", "config"):
        for path in (Path(settings.BASE_DIR) / app).rglob("*.py"):
            for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(call, ast.Call):
                    given = [*call.args[:1], *(k.value for k in call.keywords if k.arg == "kind")]
                    found |= {kind for value in given if (kind := _kind_in(value))}
    return found


def _kind_in(value: ast.expr) -> str:
    if isinstance(value, ast.BoolOp):
        return _kind_in(value.values[-1])
    if isinstance(value, ast.JoinedStr) and isinstance(value.values[0], ast.Constant):
        start = str(value.values[0].value)
        return f"{start}*" if start.endswith(".") and start[:-1].replace("_", "").isalpha() else ""
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        noun, dot, act = value.value.partition(".")
        known = dot and noun in NOUNS and act not in {"typ", "json"}  # names of files
        return value.value if known and act.replace("_", "").isalpha() else ""
    return ""


NOUNS = audiences.SILENT_NOUNS | {"commitment", "correction", "audit", "step", "absence"}


def test_every_kind_of_entry_is_told_or_silent_on_purpose():
    written = kinds_written()
    assert {"step.fired", "clock.recompute", "commitment.remind", "uom.define"} <= written
    assert {"person.*", "unit.*", "commitment.*", "calendar.*"} <= written  # the scan sees both
    acts = {f"commitment.{act.value}" for act in VersionAct}
    acts |= {f"case.{act.value}" for act in CaseAct}
    acts |= {f"case.propose_{act.value}" for act in CaseProposalAct}
    acts |= {f"explanation.{act}" for act in ("give", "accept", "refuse")}
    acts |= {f"correction.{act}" for act in ("write", *CorrectionAct)}
    whole = {kind for kind in written if not kind.endswith("*")} | acts
    filled_in = {"commitment", "case", "correction", "explanation"}
    open_ended = {kind[:-2] for kind in written if kind.endswith(".*")} - filled_in
    assert {kind for kind in whole if not audiences.is_known(kind)} == set()
    assert open_ended - audiences.SILENT_NOUNS == set()


def test_an_unknown_kind_is_unknown():
    assert not audiences.is_known("commitment.sing")
    assert not audiences.is_known("weather.change")


# --- the life of a commitment ---------------------------------------------------------------------


@pytest.mark.django_db
def test_an_issue_asks_both_undertakers_and_nobody_else():
    body = make_body()
    body.issued()
    read_register(at=NOW)
    assert told("commitment.issue") == {
        ("secretary", "sign-request", "request"),
        ("chair", "sign-request", "request"),
    }
    assert {row.due_on for row in Notice.objects.all()} == {date(2024, 2, 20)}


@pytest.mark.django_db
def test_a_draft_is_told_to_nobody():
    make_body().draft()
    read_register(at=NOW)
    assert RegisterEntry.objects.filter(kind="commitment.draft").exists()
    assert not Notice.objects.exists()


@pytest.mark.django_db
def test_whoever_was_asked_at_issue_is_not_asked_again_when_the_other_signs():
    body = make_body()
    version = body.issued()
    body.act(A.SIGN, version, body.secretary)
    read_register(at=NOW)
    assert told("commitment.sign") == set()


@pytest.mark.django_db
def test_in_order_the_second_is_asked_when_it_is_their_turn():
    body = make_body()
    version = body.draft()
    Commitment.objects.update(signing_order=SigningOrder.IN_ORDER)
    version.refresh_from_db()
    commitments.issue(version_id=version.pk, by=body.planner, expected=version.etag_version, at=NOW)
    read_register(at=NOW)
    assert told("commitment.issue") == {("secretary", "sign-request", "request")}

    body.act(A.SIGN, version, body.secretary)
    read_register(at=NOW)
    assert told("commitment.sign") == {("chair", "sign-request", "request")}


@pytest.mark.django_db
def test_the_last_signature_asks_the_assigner():
    body = make_body()
    body.signed()
    read_register(at=NOW)
    assert told("commitment.sign") == {("assigner", "countersign-request", "request")}
    asked = Notice.objects.get(message="countersign-request")
    assert (asked.position, asked.role, asked.due_on) == (body.assigning, "", date(2024, 2, 9))


@pytest.mark.django_db
def test_a_countersignature_tells_both_sides_that_it_is_in_force():
    body = make_body()
    body.in_force()
    read_register(at=NOW)
    result = ("in-force", "result")
    assert told("commitment.countersign") == {
        ("secretary", *result),
        ("chair", *result),
        ("planner", *result),
    }


@pytest.mark.django_db
def test_a_return_asks_the_planner():
    body = make_body()
    body.act(A.RETURN, body.issued(), body.secretary)
    read_register(at=NOW)
    assert told("commitment.return") == {("planner", "answer-request-returned", "request")}
    asked = Notice.objects.get(message="answer-request-returned")
    assert (asked.role, asked.position, asked.awaits) == ("planner", None, "answer")
    assert asked.due_on == date(2024, 2, 9)


@pytest.mark.django_db
def test_a_refusal_asks_the_planner_and_tells_the_leader_in_charge():
    body = make_body()
    body.act(A.REFUSE, body.issued(), body.secretary)
    read_register(at=NOW)
    assert told("commitment.refuse") == {
        ("planner", "answer-request-refused", "request"),
        ("leader", "refused", "result"),
    }


@pytest.mark.django_db
def test_a_proposal_to_void_goes_to_the_leader_and_the_end_to_both_sides():
    body = make_body()
    version = body.in_force()
    body.act(A.VOID, version, body.assigner)
    read_register(at=NOW)
    assert told("commitment.propose_void") == {("leader", "void-proposed", "request")}
    assert told("commitment.void") == set()

    body.act(A.VOID, version, body.leader)
    read_register(at=NOW)
    result = ("voided", "result")
    assert told("commitment.void") == {
        ("secretary", *result),
        ("chair", *result),
        ("planner", *result),
    }


@pytest.mark.django_db
def test_who_may_not_see_it_or_has_no_account_any_more_is_not_told():
    body = make_body()
    User.objects.filter(pk=body.chair.pk).update(is_active=False)
    body.issued()
    read_register(at=NOW)
    assert {row[0] for row in told("commitment.issue")} == {"secretary"}


@pytest.mark.django_db
def test_who_watches_and_plans_at_once_is_told_once_of_a_kind():
    body = make_body()
    giver = User.objects.get(username="giver")
    RoleGrant.objects.create(
        person=body.secretary,
        role="planner",
        unit=body.committee,
        valid_from=date(2023, 1, 1),
        granted_by=giver,
    )
    body.in_force()
    read_register(at=NOW)
    rows = Notice.objects.filter(recipient=body.secretary, message="in-force")
    assert [row.position for row in rows] == [body.first]  # the office comes before the role


# --- the ladder -----------------------------------------------------------------------------------


@pytest.mark.django_db
def test_each_level_speaks_to_its_audience_in_its_own_words():
    scene = make_scene()
    version = scene.version()
    head = head_of(version, at=local(date(2024, 1, 17))).username
    start(version)
    said = []
    for day in (date(2024, 1, 17), date(2024, 2, 1), date(2024, 2, 7), date(2024, 2, 20)):
        cases.sweep(at=local(day))
        read_register(at=local(day))
        new = Notice.objects.filter(created_at=local(day))
        said.append(set(new.values_list("recipient__username", "message", "kind")))
    assert said == [
        {(head, "sign-due", "reminder")},
        {(head, "sign-late", "reminder")},
        {
            (scene.supervisor.username, "sign-late-watch", "escalation"),
            (head, "explain", "request"),
        },
        {(scene.leader.username, "sign-late-watch", "escalation")},
    ]


@pytest.mark.django_db
def test_a_notice_of_a_step_expires_when_the_next_step_speaks():
    scene = make_scene()
    start(scene.version())
    cases.sweep(at=local(date(2024, 1, 17)))
    read_register(at=local(date(2024, 1, 17)))
    assert Notice.objects.get().expires_at == local(date(2024, 1, 24))


@pytest.mark.django_db
def test_a_gap_in_office_is_told_to_the_supervisor_as_a_gap():
    scene = make_scene()
    start(scene.version(issued=True, vacant=True))
    cases.sweep(at=local(date(2024, 1, 17)))
    read_register(at=local(date(2024, 1, 17)))
    assert told("step.fired") == {(scene.supervisor.username, "sign-due-watch", "reminder")}


@pytest.mark.django_db
def test_the_night_before_level_four_is_quiet_but_its_closed_day_is_not():
    scene = make_scene()
    start(scene.version())
    friday = date(2024, 3, 1)
    cases.sweep(at=local(friday))
    read_register(at=local(date(2024, 3, 2), 5))  # told on Saturday, at night
    row = Notice.objects.get(recipient=scene.committee)
    assert (row.state, row.not_before) == ("held", local(date(2024, 3, 2), 7))


@pytest.mark.django_db
def test_a_reminder_by_hand_names_who_reminds():
    body = make_body()
    version = body.issued(second=False)
    cases.remind_now(version_id=version.pk, by=body.supervisor, at=NOW)
    read_register(at=NOW)
    assert told("commitment.remind") == {("secretary", "reminded-sign", "reminder")}


@pytest.mark.parametrize(
    ("kind", "holder", "level", "message"),
    [
        (ClockKind.SIGN, True, 0, "sign-due"),
        (ClockKind.SIGN, False, 0, "sign-due-watch"),
        (ClockKind.SIGN, True, 1, "sign-late"),
        (ClockKind.COUNTERSIGN, True, 1, "countersign-late"),
        (ClockKind.COUNTERSIGN, False, 2, "countersign-late-watch"),
        (ClockKind.ANSWER, True, 1, "answer-late"),
        (ClockKind.ANSWER, False, 2, "answer-late-watch"),
    ],
)
def test_every_step_has_its_text(kind, holder, level, message):
    assert audiences._step_message("version", kind, level, holder) == message
    assert message in messages.MESSAGES
    assert f"reminded-{kind.value}" in messages.MESSAGES


# --- nothing is missing from a text ---------------------------------------------------------------


def play_everything() -> set[str]:
    """Let everything happen that tells somebody; return which messages there were."""
    body = make_body()
    version = body.issued(second=False)
    cases.remind_now(version_id=version.pk, by=body.supervisor, at=NOW)
    body.act(A.REFUSE, version, body.secretary)
    read_register(at=NOW)
    scene = make_scene()
    start(scene.version())
    vacant = scene.version(elsewhere=True, issued=True, vacant=True)
    start(vacant)
    start(scene.version(elsewhere=True, signed=True), kind=ClockKind.COUNTERSIGN, due_on=None)
    start(scene.version(elsewhere=True, returned=True), kind=ClockKind.ANSWER, due_on=None)
    for day in (date(2024, 1, 10), date(2024, 1, 17), date(2024, 2, 1), date(2024, 2, 7)):
        cases.sweep(at=local(day))
        read_register(at=local(day))
    return set(Notice.objects.values_list("message", flat=True))


@pytest.mark.django_db
@pytest.mark.parametrize("with_step", [True, False])
@pytest.mark.parametrize("language", ["vi", "en"])
def test_no_text_misses_a_fact(language, with_step):
    seen = play_everything()
    assert seen >= {
        "sign-due",
        "sign-due-watch",
        "sign-late",
        "explain",
        "reminded-sign",
        "refused",
    }
    give_addresses()
    for notice in Notice.objects.with_matter():
        facts = facts_of(notice, at=local(date(2024, 2, 7)), language=language, with_step=with_step)
        made = messages.compose(notice.message, facts, language=language)
        wanted = {
            name
            for text in messages.MESSAGES[notice.message][:2]
            for name in facts
            if f"%({name})s" in str(text)
        }
        assert {name for name in wanted if not facts[name]} == set(), notice.message
        assert made.text.strip()


# --- an office changes hands ----------------------------------------------------------------------


@pytest.mark.django_db
def test_planners_are_told_of_whoever_comes_into_an_office_that_has_signed():
    body = make_body()
    give_addresses()
    version = body.in_force()
    body.make_administrator(body.supervisor)
    day = clock.local_date(NOW) + timedelta(days=10)
    asked = {"by": body.supervisor, "at": NOW}
    for office in (body.first, body.assigning):  # of whom only the first has promised something
        held = office.appointments.get()
        appointments.end_appointment(appointment_id=held.pk, end_on=day, **asked)
        appointments.appoint(
            person_id=person(f"next-{office.pk}").pk,
            position_id=office.pk,
            valid_from=day,
            **asked,
        )
    read_register()
    assert told("appointment.create") == {("planner", "office-changes-hands", "request")}
    notice = Notice.objects.with_matter().get(message="office-changes-hands")
    assert notice.subject == version
    with translation.override("en"):
        said = messages.matter(notice.message, facts_of(notice, at=NOW, language="en"))
    assert f"From {day_text(day)} another person holds an office that has signed" in said
