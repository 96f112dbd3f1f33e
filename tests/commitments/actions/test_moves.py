"""Every act in every state: the table decides, and a refusal leaves nothing behind."""

import json
from contextlib import contextmanager
from datetime import date, timedelta

import pytest
from django.db import transaction

from commitments.actions import commitments, drafts, scoring, takeovers, versions
from commitments.actions.slots import CEREMONY
from commitments.enums import PeriodState, VersionAct, VersionState
from commitments.models import CommitmentVersion, SignatureAct
from commitments.rules.commitments import MOVES
from tests.factories.body import NOW, SIGN_BY, come_into_office, make_body, person
from units import clock
from units.errors import WrongState
from units.models import RegisterEntry

pytestmark = pytest.mark.django_db
S, A = VersionState, VersionAct
LATER = NOW + timedelta(days=30)


def version_in(state: VersionState, body) -> CommitmentVersion:
    """Bring a version into `state` by ordinary acts."""
    if state == S.DRAFT:
        return body.draft()
    if state == S.ISSUED:
        return body.issued()
    if state == S.SIGNED:
        return body.signed()
    if state in {S.RETURNED, S.REFUSED, S.VOIDED}:
        version = body.issued()
        act, by = {
            S.RETURNED: (A.RETURN, body.secretary),
            S.REFUSED: (A.REFUSE, body.secretary),
            S.VOIDED: (A.VOID, body.assigner),
        }[state]
        body.act(act, version, by)
        return version
    if state == S.SUPERSEDED:
        version = body.issued()
        amend(version, body)
        version.refresh_from_db()
        return version
    version = body.in_force()
    if state == S.SETTLED:
        close_the_books(body)
        settle(version, body)
        version.refresh_from_db()
    return version


def steer(act, **more):
    def do(version, body):
        return act(
            version_id=version.pk, by=body.planner, expected=version.etag_version, at=NOW, **more
        )

    return do


amend = steer(commitments.amend, reason="A target was revised.", sign_by=SIGN_BY)


def hand_over(version, body):
    """Put somebody else into the secretary's office a day before, and ask them to take over."""
    if version.state == S.IN_FORCE:
        come_into_office(body.first, person("newcomer"), on=clock.local_date(LATER))
    return takeovers.ask(
        version_id=version.pk, by=body.planner, expected=version.etag_version, at=LATER
    )


def answer(version, body):
    objection = versions.find_objection_to(version)
    keys = [] if objection is None else [item.pk for item in objection.return_items.all()]
    return steer(
        commitments.answer,
        answers=dict.fromkeys(keys or [None], "We take it over."),
        sign_by=SIGN_BY,
    )(version, body)


def close_the_books(body):
    """Let the plan close and give every target its verdict: what settling asks for."""
    body.plan.state = PeriodState.CLOSING
    body.plan.save(update_fields=["state"])
    for target in body.targets:
        if not target.verdicts.exists():
            scoring.assert_verdict(
                target_id=target.pk,
                verdict="met",
                as_of=date(2024, 12, 31),
                source_ref="Minutes of the settlement",
                by=body.assigner,
                at=NOW,
            )


def settle(version, body):
    return commitments.settle(
        version_id=version.pk, by=body.assigner, expected=version.etag_version, at=NOW
    )


def ceremony(act, who):
    def do(version, body):
        if version.document is None:  # a draft has no page to open: ask the table as the page does
            versions.require_state(act, version)
        return body.act(act, version, getattr(body, who))

    return do


DO = {
    A.DISCARD: steer(drafts.discard),
    A.ISSUE: steer(commitments.issue),
    A.SIGN: ceremony(A.SIGN, "secretary"),
    A.RETURN: ceremony(A.RETURN, "chair"),
    A.REFUSE: ceremony(A.REFUSE, "chair"),
    A.ANSWER: answer,
    A.COUNTERSIGN: ceremony(A.COUNTERSIGN, "assigner"),
    A.AMEND: amend,
    A.TAKEOVER: hand_over,
    A.VOID: ceremony(A.VOID, "assigner"),
    A.SETTLE: settle,
}
FOLLOWED = {A.ANSWER, A.AMEND, A.TAKEOVER}  # they also draft the version that follows
AFTER = {  # where the one act of the test leads, when the table's target is not the whole story
    (S.ISSUED, A.SIGN): S.ISSUED,  # the second undertaker has still to sign
    (S.IN_FORCE, A.AMEND): S.IN_FORCE,  # binding until the next version is in force
    (S.IN_FORCE, A.TAKEOVER): S.IN_FORCE,  # as above
    (S.IN_FORCE, A.VOID): S.IN_FORCE,  # a second person confirms
}


def test_the_matrix_knows_every_act():
    assert set(DO) == set(A) == set(MOVES)


@contextmanager
def undone():
    """Take back what the block writes: the next act finds the state as it was."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.mark.parametrize("state", S)
def test_every_act_in_every_state(state, subtests):
    """The way into a state costs far more than an act: it is gone once for all of them."""
    body = make_body()
    version = version_in(state, body)
    assert version.state == state
    for act in A:
        with subtests.test(act=act), undone():
            body.plan.refresh_from_db()
            assert_as_the_table_says(act, CommitmentVersion.objects.get(pk=version.pk), body)


def assert_as_the_table_says(act, version, body):
    """Do `act` on `version`; what the table allows leads where it says, all else is refused."""
    state = S(version.state)
    if act == A.SETTLE:
        close_the_books(body)
    entries, acts = RegisterEntry.objects.count(), SignatureAct.objects.count()

    if state in MOVES[act].sources:
        DO[act](version, body)
        assert RegisterEntry.objects.count() == entries + 1 + (act in FOLLOWED)
        assert SignatureAct.objects.count() == acts + (act in CEREMONY)
        if act == A.DISCARD:
            assert not CommitmentVersion.objects.filter(pk=version.pk).exists()
        else:
            version.refresh_from_db()
            assert version.state == AFTER.get((state, act), MOVES[act].target or state)
    else:
        with pytest.raises(WrongState) as refused:
            DO[act](version, body)
        assert refused.value.code == f"{act}-not-from-{state}".replace("_", "-")
        assert RegisterEntry.objects.count() == entries
        assert SignatureAct.objects.count() == acts


def test_every_version_of_a_row_leaves_one_entry():
    body = make_body()
    version = body.in_force()
    numbers = RegisterEntry.objects.about("commitment_version", version.ref)
    assert list(numbers.values_list("subject_version", flat=True)) == list(
        range(1, version.etag_version + 1)
    )
    kinds = list(numbers.values_list("kind", flat=True))
    assert kinds == [
        "commitment.draft",
        "commitment.issue",
        "commitment.sign",
        "commitment.sign",
        "commitment.countersign",
    ]


def test_the_older_version_is_superseded_when_the_next_comes_into_force():  # G-27
    body = make_body()
    first = body.in_force()
    second = commitments.amend(
        version_id=first.pk,
        by=body.planner,
        expected=first.etag_version,
        at=NOW,
        reason="A target was revised.",
        sign_by=SIGN_BY + timedelta(days=10),
    )
    first.refresh_from_db()
    assert (first.state, second.state, second.n) == (S.IN_FORCE, S.DRAFT, 2)

    second = commitments.issue(
        version_id=second.pk, by=body.planner, expected=second.etag_version, at=NOW
    )
    newest = first.document.revisions.order_by("-no").first()
    assert json.loads(second.document.content)["predecessor"] == {
        "version": 1,
        "content_sha256": first.document.content_sha256,
        "revision_no": newest.no,
        "revision_sha256": newest.sha256,  # the file with every signature on it
    }
    for who in (body.secretary, body.chair):
        body.act(A.SIGN, second, who)
    body.act(A.COUNTERSIGN, second, body.assigner)

    first.refresh_from_db()
    assert (first.state, first.superseded_by, second.state) == (S.SUPERSEDED, 2, S.IN_FORCE)


def test_a_return_is_answered_item_by_item_and_the_next_version_follows():
    body = make_body()
    version = body.issued()
    body.act(A.RETURN, version, body.secretary)
    item = versions.objection_to(version).return_items.get()

    following = commitments.answer(
        version_id=version.pk,
        by=body.planner,
        expected=version.etag_version,
        at=NOW,
        answers={item.pk: "The value is 19 now."},
        sign_by=date(2024, 3, 1),
    )

    version.refresh_from_db()
    assert (version.state, following.state, following.n) == (S.RETURNED, S.DRAFT, 2)
    assert following.items.count() == 3
    assert item.answers.get().text == "The value is 19 now."
