"""Issuing and steering against each other: whoever is second sees what the first one did.

As in `test_races`, both threads are held between reading and writing; under the locks only one of
them ever gets there.
"""

from contextlib import suppress
from threading import Barrier, BrokenBarrierError, Thread

import pytest
from django.db import connection

from commitments.actions import allocations, commitments, drafts
from commitments.enums import VersionAct, VersionState
from commitments.models import Allocation, CommitmentVersion
from tests.commitments.actions.test_allocations import allocate, split
from tests.commitments.actions.test_races import at_once
from tests.factories.body import NOW, SIGN_BY, make_body
from units.errors import Refused
from units.models import RegisterEntry

pytestmark = pytest.mark.django_db(transaction=True)
A = VersionAct


def kinds_of(version):
    about = RegisterEntry.objects.about("commitment_version", version.ref)
    return list(about.order_by("pk").values_list("kind", flat=True))


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
    body.step += 4
    results = at_once(
        monkeypatch,
        lambda: body.confirm(void, body.assigner),
        lambda: body.confirm(countersign, body.assigner),
    )
    version.refresh_from_db()
    assert results[0] in {"code-used", "countersign-not-from-voided", "done"}
    assert sorted(results).count("done") == 1
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
    at_once(
        monkeypatch,
        lambda: body.confirm(void, body.leader),
        lambda: body.confirm(countersign, body.assigner),
    )
    first.refresh_from_db()
    ends = [kind for kind in kinds_of(first) if kind in {"commitment.void", "commitment.supersede"}]
    assert ends == [
        {"voided": "commitment.void", "superseded": "commitment.supersede"}[first.state]
    ]
    assert CommitmentVersion.objects.filter(state=VersionState.IN_FORCE).count() <= 1


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


def test_a_split_that_changes_while_it_is_issued_is_seen_or_waits(monkeypatch):
    """Whoever is second has seen the first: never a commitment that was issued over a gap."""
    body = make_body()
    whole = split(body, 150, 100)
    version = body.draft()
    meet = Barrier(2)
    save, save_split = CommitmentVersion.save, Allocation.save

    def met(write):
        def write_when_both_have_read(self, **kwargs):
            with suppress(BrokenBarrierError):
                meet.wait(timeout=1)
            write(self, **kwargs)

        return write_when_both_have_read

    monkeypatch.setattr(CommitmentVersion, "save", met(save))
    monkeypatch.setattr(Allocation, "save", met(save_split))
    order = []

    def run(name, act):
        try:
            act()
            order.append((name, "done"))
        except Refused as refused:
            order.append((name, refused.code))
        finally:
            connection.close()

    acts = {
        "issue": lambda: commitments.issue(
            version_id=version.pk, by=body.planner, expected=1, at=NOW
        ),
        "allocate": lambda: allocate(body, whole, 140, 100),
    }
    threads = [Thread(target=run, args=item) for item in acts.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    version.refresh_from_db()
    entries = RegisterEntry.objects.filter(kind__in=["commitment.issue", "target.allocate"])
    last = entries.order_by("-pk").values_list("kind", flat=True)[0]
    if version.state == VersionState.ISSUED:
        assert last == "target.allocate"  # it came after: the issued text held when it was issued
        assert order[0] == ("issue", "done")
    else:
        assert dict(order)["issue"] in {"allocation-gap", "item-outdated"}
    assert allocations.gaps(targets=[whole])
