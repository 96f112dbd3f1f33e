"""Issuing and steering against each other: whoever is second sees what the first one did.

As in `test_races`, both threads are held between reading and writing; under the locks only one of
them ever gets there.
"""

from datetime import timedelta
from threading import Thread

import pytest
from django.db import connection

from commitments.actions import commitments, drafts
from commitments.enums import VersionAct, VersionState
from commitments.models import CommitmentVersion
from tests.commitments.actions.test_allocations import allocate, split
from tests.commitments.actions.test_races import at_once
from tests.factories.body import NOW, REAL, SIGN_BY, code_of, make_body
from units.errors import Refused
from units.models import RegisterEntry

pytestmark = pytest.mark.django_db(transaction=True)
A = VersionAct


def meanwhile(monkeypatch, first, second):
    """Run `first`; before it writes its version let `second` start and go as far as it can."""
    save, results = CommitmentVersion.save, []

    def run(act):
        try:
            act()
            results.append("done")
        except Refused as refused:
            results.append(refused.code)
        finally:
            connection.close()

    other = Thread(target=run, args=(second,))

    def save_when_the_other_is_under_way(self, **kwargs):
        monkeypatch.setattr(CommitmentVersion, "save", save)
        other.start()
        other.join(timeout=1)
        save(self, **kwargs)

    monkeypatch.setattr(CommitmentVersion, "save", save_when_the_other_is_under_way)
    own = Thread(target=run, args=(first,))
    own.start()
    own.join()
    other.join()
    return sorted(results)


def kinds_of(version):
    """Return what was done with the version, in order; refused attempts are entered beside."""
    about = RegisterEntry.objects.about("commitment_version", version.ref)
    done = about.exclude(kind__startswith="audit.")
    return list(done.order_by("pk").values_list("kind", flat=True))


def test_signing_against_returning_leaves_one_of_them(monkeypatch):
    body = make_body()
    version = body.issued(second=True)
    sign = body.prepare(A.SIGN, version, body.secretary)
    give_back = body.prepare(A.RETURN, version, body.chair)
    results = at_once(
        monkeypatch,
        lambda: body.confirm(sign, body.secretary),
        lambda: body.confirm(give_back, body.chair),
    )
    assert results[0] == "done"
    assert results[1] in {"revision-moved", "sign-not-from-returned"}
    assert len(kinds_of(version)) == 3  # drafted, issued, and one of the two


def test_countersigning_against_voiding_leaves_one_of_them(monkeypatch):
    body = make_body()
    version = body.signed()
    body.step += 4
    void = body.prepare(A.VOID, version, body.assigner)
    countersign = body.prepare(A.COUNTERSIGN, version, body.assigner)
    before = len(kinds_of(version))
    first, later = (REAL + timedelta(seconds=30 * body.step + wait) for wait in (0, 60))
    results = at_once(  # each with a code of its own: no used code decides the race
        monkeypatch,
        lambda: body.confirm(
            void, body.assigner, real_at=first, code=code_of(body.assigner, first)
        ),
        lambda: body.confirm(
            countersign, body.assigner, real_at=later, code=code_of(body.assigner, later)
        ),
    )
    version.refresh_from_db()
    assert results.count("done") == 1
    assert set(results) <= {"done", "revision-moved", "countersign-not-from-voided"} | {
        "void-not-from-in-force"
    }
    assert version.state in {VersionState.IN_FORCE, VersionState.VOIDED}
    assert len(kinds_of(version)) == before + 1


def test_a_predecessor_that_is_voided_while_the_next_comes_into_force_stays_voided(monkeypatch):
    body = make_body()
    first = body.in_force()
    body.act(A.VOID, first, body.assigner)  # proposed
    second = commitments.amend(
        version_id=first.pk,
        by=body.planner,
        expected=first.etag_version,
        at=NOW,
        reason="Revised.",
        sign_by=SIGN_BY,
    )
    second = commitments.issue(
        version_id=second.pk, by=body.planner, expected=second.etag_version, at=NOW
    )
    for who in (body.secretary, body.chair):
        body.act(A.SIGN, second, who)
    body.step += 4
    void = body.prepare(A.VOID, first, body.leader, reason={"text": "Agreed."})
    countersign = body.prepare(A.COUNTERSIGN, second, body.assigner)

    results = meanwhile(
        monkeypatch,
        lambda: body.confirm(void, body.leader),
        lambda: body.confirm(countersign, body.assigner),
    )

    first.refresh_from_db()
    second.refresh_from_db()
    assert results == ["done", "done"]
    assert (first.state, second.state) == (VersionState.VOIDED, VersionState.IN_FORCE)
    assert kinds_of(first)[-1] == "commitment.void"


def test_issuing_against_editing_leaves_one_of_them(monkeypatch):
    body = make_body()
    version = body.draft()
    revision = body.targets[0].revisions.get()
    results = at_once(
        monkeypatch,
        lambda: commitments.issue(version_id=version.pk, by=body.planner, expected=1, at=NOW),
        lambda: drafts.edit(
            version_id=version.pk,
            by=body.planner,
            expected=1,
            at=NOW,
            sign_by=SIGN_BY,
            first_undertaker_id=body.first.pk,
            second_undertaker_id=None,
            assigner_id=body.assigning.pk,
            items=[(revision.pk, "lead")],
        ),
    )
    assert results == ["commitment-changed", "done"]
    assert len(kinds_of(version)) == 2


def test_a_split_that_changes_while_it_is_issued_waits(monkeypatch):
    """Never an entry that issues over a gap which the register has already told."""
    body = make_body()
    whole = split(body, 150, 100)
    version = body.draft()
    results = meanwhile(
        monkeypatch,
        lambda: commitments.issue(version_id=version.pk, by=body.planner, expected=1, at=NOW),
        lambda: allocate(body, whole, 140, 100),
    )
    assert results == ["done", "done"]
    entries = RegisterEntry.objects.filter(kind__in=["commitment.issue", "target.allocate"])
    kinds = list(entries.order_by("-pk").values_list("kind", flat=True)[:2])
    assert kinds == ["target.allocate", "commitment.issue"]
