"""Two at once: one wins, the other is told, and the register says it once.

Each test holds both threads at the point between reading and writing. Under the lock only one ever
gets there, so the barrier breaks; without it both write, and the test turns red.
"""

from contextlib import suppress
from datetime import date, timedelta
from functools import partial
from threading import Barrier, BrokenBarrierError, Thread

import pytest
from django.db import connection

from commitments.actions import signatures, takeovers, versions
from commitments.enums import VersionAct, VersionState
from commitments.models import CommitmentVersion, SignatureAct
from tests.commitments.actions.test_attacks import delegate
from tests.factories.body import NOW, come_into_office, make_body, person
from units.errors import Conflict, Refused
from units.models import RegisterEntry

pytestmark = pytest.mark.django_db(transaction=True)
A = VersionAct


def at_once(monkeypatch, *acts):
    """Run `acts` in threads that meet just before a version is written; return what came of each."""
    meet, save, results = Barrier(len(acts)), CommitmentVersion.save, []

    def save_when_all_have_read(self, **kwargs):
        with suppress(BrokenBarrierError):
            meet.wait(timeout=1)
        save(self, **kwargs)

    monkeypatch.setattr(CommitmentVersion, "save", save_when_all_have_read)

    def run(act):
        try:
            act()
            results.append("done")
        except Refused as refused:
            results.append(refused.code)
        finally:
            connection.close()

    threads = [Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(results)


def test_two_undertakers_at_once_leave_one_signature(monkeypatch):
    body = make_body()
    version = body.issued()
    first = body.prepare(A.SIGN, version, body.secretary)
    second = body.prepare(A.SIGN, version, body.chair)

    results = at_once(
        monkeypatch,
        lambda: body.confirm(first, body.secretary),
        lambda: body.confirm(second, body.chair),
    )

    assert results == ["done", "revision-moved"]
    assert SignatureAct.objects.count() == 1
    assert RegisterEntry.objects.filter(kind="commitment.sign").count() == 1


def test_one_head_twice_at_once_leaves_one_signature(monkeypatch):
    body = make_body()
    version = body.issued()
    step_up = body.prepare(A.SIGN, version, body.secretary)

    results = at_once(
        monkeypatch,
        lambda: body.confirm(step_up, body.secretary),
        lambda: body.confirm(step_up, body.secretary),
    )

    assert results == ["done", "done"]  # the same act, answered twice
    assert SignatureAct.objects.count() == 1
    assert RegisterEntry.objects.filter(kind="commitment.sign").count() == 1


def test_signing_against_voiding_leaves_one_of_them(monkeypatch):
    body = make_body()
    version = body.issued()
    sign = body.prepare(A.SIGN, version, body.secretary)
    void = body.prepare(A.VOID, version, body.assigner)

    results = at_once(
        monkeypatch,
        lambda: body.confirm(sign, body.secretary),
        lambda: body.confirm(void, body.assigner),
    )

    version.refresh_from_db()
    assert results[0] == "done"
    assert results[1] in {"revision-moved", "sign-not-from-voided"}
    assert SignatureAct.objects.count() == 1
    assert version.state in {VersionState.VOIDED, VersionState.ISSUED}


def two_countersigners(settings):
    """Return what confirms for the holder of the office, and for a delegate: each has looked already."""
    settings.DELEGATES_MAY_SIGN = True
    body = make_body()
    version = body.signed()
    deputy = delegate(body, body.assigning, ["sign"])
    body.step += 4
    people = (body.assigner, deputy)
    asked = [(body.prepare(A.COUNTERSIGN, version, one), one) for one in people]
    return [partial(body.confirm, *one) for one in asked]


def test_two_countersigners_at_once_leave_one_countersignature(monkeypatch, settings):
    results = at_once(monkeypatch, *two_countersigners(settings))

    assert results.count("done") == 1
    assert set(results) <= {"done", "revision-moved", "countersign-not-from-in-force"}
    assert SignatureAct.objects.filter(act=A.COUNTERSIGN).count() == 1
    assert RegisterEntry.objects.filter(kind="commitment.countersign").count() == 1


def test_a_countersignature_that_lands_while_another_is_sealed_moves_it(monkeypatch, settings):
    holder_confirms, delegate_confirms = two_countersigners(settings)
    sealed = signatures.sealed

    def sealed_after_the_other(*asked, **more):
        monkeypatch.setattr(signatures, "sealed", sealed)
        holder_confirms()
        return sealed(*asked, **more)

    monkeypatch.setattr(signatures, "sealed", sealed_after_the_other)
    with pytest.raises(Conflict) as refused:
        delegate_confirms()
    assert refused.value.code == "revision-moved"
    assert SignatureAct.objects.filter(act=A.COUNTERSIGN).count() == 1


@pytest.mark.postgresql_only
def test_a_takeover_asked_for_twice_at_once_is_drafted_once(monkeypatch):
    body = make_body()
    version = body.in_force()
    come_into_office(body.first, person("successor"), on=date(2024, 2, 3))
    later = NOW + timedelta(days=30)

    def ask():
        takeovers.ask(
            version_id=version.pk, by=body.planner, expected=version.etag_version, at=later
        )

    assert at_once(monkeypatch, ask, ask) == ["commitment-changed", "done"]
    assert version.commitment.versions.filter(is_takeover=True).count() == 1
    assert RegisterEntry.objects.filter(kind="commitment.takeover").count() == 1


def test_without_the_lock_the_race_is_lost(monkeypatch):
    """The guard's guard: with the row unlocked both signatures are written or one crashes."""
    body = make_body()
    version = body.issued()
    first = body.prepare(A.SIGN, version, body.secretary)
    second = body.prepare(A.SIGN, version, body.chair)

    def look_without_lock(version_id):
        return CommitmentVersion.objects.select_related("commitment", "document").get(pk=version_id)

    monkeypatch.setattr(versions, "lock", look_without_lock)
    errors = []

    def tolerant(act):
        try:
            act()
        except Exception as error:  # noqa: BLE001  # whatever breaks is the point
            errors.append(error)

    at_once(
        monkeypatch,
        lambda: tolerant(lambda: body.confirm(first, body.secretary)),
        lambda: tolerant(lambda: body.confirm(second, body.chair)),
    )
    assert SignatureAct.objects.count() == 2 or errors
