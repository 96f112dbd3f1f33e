"""Two at once, and a process that dies: one act and its bytes, or nothing.

Nothing is signed while a row is locked, and whoever dies leaves at most a use of the seal.
"""

import os
import subprocess
import sys
from contextlib import suppress
from threading import Barrier, BrokenBarrierError, Thread

import pytest
from django.conf import settings as project
from django.db import IntegrityError, connection, connections, transaction

from commitments.actions import checks, commitments, documents, signatures
from commitments.documents import seal
from commitments.enums import VersionAct, VersionState
from commitments.models import (
    CaseClock,
    Document,
    DocumentChain,
    DocumentRevision,
    DocumentSlot,
    SealUse,
    SignatureAct,
    StepUp,
    StepUpUse,
    TotpStepUsed,
    ViewReceipt,
)
from tests.commitments.actions.dying import ISSUING, POINTS, PREPARING, STAMPED
from tests.commitments.actions.stamping import Authority, service
from tests.dying import DIED
from tests.factories.body import NOW, make_body
from units.errors import Conflict, Refused
from units.models import RegisterEntry, User

pytestmark = pytest.mark.django_db(transaction=True)
A = VersionAct


def outcome_of(act, into):
    try:
        act()
        into.append("done")
    except Refused as refused:
        into.append(refused.code)
    finally:
        connection.close()


def test_two_who_have_both_signed_bytes_enter_the_record_once(monkeypatch):
    """Both hold a valid continuation of the same revision before either of them commits."""
    body = make_body()
    version = body.issued()
    first = body.prepare(A.SIGN, version, body.secretary)
    second = body.prepare(A.SIGN, version, body.chair)
    meet, sealed, results = Barrier(2), signatures.sealed, []

    def sealed_then_wait(*args, **kwargs):
        shown = sealed(*args, **kwargs)
        meet.wait(timeout=30)
        return shown

    monkeypatch.setattr(signatures, "sealed", sealed_then_wait)
    threads = [
        Thread(target=outcome_of, args=(act, results))
        for act in (
            lambda: body.confirm(first, body.secretary),
            lambda: body.confirm(second, body.chair),
        )
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(results) == ["done", "revision-moved"]
    assert SealUse.objects.filter(base_no=1).count() == 2
    assert DocumentRevision.objects.filter(document=version.document, no__gt=1).count() == 1
    assert SignatureAct.objects.count() == 1
    assert RegisterEntry.objects.filter(kind="commitment.sign").count() == 1


def continued_twice(monkeypatch, document: Document) -> list[str]:
    """Let two continue the same revision, both held between comparing and writing; return outcomes."""
    base = documents.bytes_of(document)
    meet, add, results = Barrier(2), documents._add, []

    def add_when_both_have_compared(*args, **kwargs):
        with suppress(BrokenBarrierError):
            meet.wait(timeout=1)
        return add(*args, **kwargs)

    monkeypatch.setattr(documents, "_add", add_when_both_have_compared)

    def append(tail):
        made = documents.addition(1, base, base + tail, asked="B-B", reached="B-B")
        try:
            with transaction.atomic():
                documents.append_revision(document, made, kind="act")
        except IntegrityError as error:
            raise Conflict("", code="collided") from error

    threads = [
        Thread(target=outcome_of, args=(lambda tail=tail: append(tail), results))
        for tail in (b"one", b"two")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(results)


def test_the_chains_lock_lets_one_of_two_continue_a_revision(monkeypatch):
    document = make_body().issued().sealed
    assert continued_twice(monkeypatch, document) == ["done", "revision-moved"]
    assert document.revisions.filter(no=2).count() == 1


@pytest.mark.postgresql_only
def test_without_the_chains_lock_two_read_the_same_end(monkeypatch):
    """The guard's guard: both compare with the same end, and a unique key alone stops the second."""
    document = make_body().issued().sealed
    monkeypatch.setattr(documents, "lock_chain", lambda of: DocumentChain.objects.get(document=of))
    assert continued_twice(monkeypatch, document) == ["collided", "done"]


def test_no_lock_is_held_while_bytes_are_signed_or_validated(monkeypatch):
    body = make_body()
    asked = []

    def outside(module, name):
        original = getattr(module, name)

        def checked(*args, **kwargs):
            asked.append((name, connection.in_atomic_block))
            return original(*args, **kwargs)

        monkeypatch.setattr(module, name, checked)

    for name in ("place_fields", "certify", "sign", "open_key"):
        outside(seal, name)
    outside(checks, "validate")
    body.in_force()
    assert {name for name, _inside in asked} == {
        "place_fields",
        "certify",
        "sign",
        "open_key",
        "validate",
    }
    assert [name for name, inside in asked if inside] == []


def let_die(act: str, point: str, what: object, by: User, **told: str) -> None:
    """Let another process do `act` and die at `point`. A fork would not do: the typesetter has threads.

    `told`: settings of that process, as its environment names them.
    """
    name = str(connection.settings_dict["NAME"])
    connections.close_all()
    command = [sys.executable, "-m", "tests.commitments.actions.dying", name, act, point]
    done = subprocess.run(
        [*command, str(what), by.username],
        cwd=project.BASE_DIR,
        env=os.environ | told,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == DIED, done.stderr


@pytest.mark.parametrize("point", POINTS)
def test_a_kill_leaves_nothing_or_the_whole_act(point):
    body = make_body()
    version = body.issued(second=False)
    step_up = body.prepare(A.SIGN, version, body.secretary)

    let_die("sign", point, step_up.uuid, body.secretary)

    def left():
        version.refresh_from_db()
        return (
            version.state,
            SignatureAct.objects.count(),
            StepUpUse.objects.count(),
            TotpStepUsed.objects.count(),
            DocumentRevision.objects.filter(no=2).count(),
            RegisterEntry.objects.filter(kind="commitment.sign").count(),
            DocumentChain.objects.get(document=version.document).last_no,
        )

    whole = (VersionState.SIGNED, 1, 1, 1, 1, 1, 2)
    nothing = (VersionState.ISSUED, 0, 0, 0, 0, 0, 1)
    assert left() == (whole if point == "commit" else nothing)
    assert SealUse.objects.filter(base_no=1).exists() == (point not in {"factor", "signing"})

    act = body.confirm(step_up, body.secretary)  # the same answer again: one act in the end
    assert left() == whole
    assert act.revision == documents.last_revision(version.sealed)


@pytest.mark.parametrize("point", PREPARING)
def test_a_kill_while_preparing_binds_nobody(point):
    body = make_body()
    version = body.issued(second=False)

    let_die("prepare", point, version.pk, body.secretary)

    version.refresh_from_db()
    assert (version.state, SignatureAct.objects.count()) == (VersionState.ISSUED, 0)
    assert (ViewReceipt.objects.count(), StepUp.objects.count()) == (1, int(point == "statement"))
    assert not SealUse.objects.filter(base_no=1).exists()
    body.act(A.SIGN, version, body.secretary)
    assert version.state == VersionState.SIGNED


@pytest.mark.parametrize("point", ISSUING)
def test_a_kill_while_issuing_leaves_a_draft_or_the_whole_document(point):
    body = make_body()
    version = body.draft()

    let_die("issue", point, version.pk, body.planner)

    def left():
        version.refresh_from_db()
        return (
            version.state,
            Document.objects.count(),
            DocumentSlot.objects.count(),
            DocumentRevision.objects.count(),
            DocumentChain.objects.count(),
            CaseClock.objects.count(),
            RegisterEntry.objects.filter(kind="commitment.issue").count(),
        )

    whole = (VersionState.ISSUED, 1, 3, 2, 1, 1, 1)
    assert left() == (whole if point == "commit" else (VersionState.DRAFT, 0, 0, 0, 0, 0, 0))
    uses = point not in {"rendering", "fields", "signing"}
    assert SealUse.objects.exists() == uses

    if point != "commit":
        asked = {"version_id": version.pk, "by": body.planner, "at": NOW}
        commitments.issue(**asked, expected=version.etag_version)
    assert left() == whole


@pytest.mark.parametrize("act", ["sign", "issue"])
@pytest.mark.parametrize("point", STAMPED)
def test_a_kill_around_the_timestamp_leaves_nothing_and_never_an_act_without_its_token(
    point, act, tmp_path, settings
):
    body, authority = make_body(), Authority()
    roots = authority.roots_in(tmp_path)
    version = body.issued(second=False) if act == "sign" else body.draft()
    what = body.prepare(A.SIGN, version, body.secretary).uuid if act == "sign" else version.pk
    who = body.secretary if act == "sign" else body.planner
    before = (DocumentRevision.objects.count(), SealUse.objects.count())
    state = version.state

    with service(authority) as (url, came):
        told = {"SIGNATURE_LEVEL": "B-T", "TIMESTAMP_URL": url, "TIMESTAMP_ROOTS_FILE": roots}
        let_die(act, point, what, who, **told)

        version.refresh_from_db()
        assert len(came) == 1
        assert (DocumentRevision.objects.count(), SealUse.objects.count()) == before
        assert (version.state, SignatureAct.objects.count()) == (state, 0)
        assert not StepUpUse.objects.exists()

        for name, value in told.items():
            setattr(settings, name, value)
        if act == "sign":
            made = body.confirm(StepUp.objects.get(uuid=what), body.secretary).revision
        else:
            asked = {"version_id": version.pk, "by": body.planner, "at": NOW}
            commitments.issue(**asked, expected=version.etag_version)
            made = DocumentRevision.objects.get(no=1)
    assert (made.level_asked, made.level_reached) == ("B-T", "B-T")
