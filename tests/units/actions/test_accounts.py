"""How people get in: invitations, lost factors, passwords that an administrator has seen."""

from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.core import signing

from tests.constraints import again, change, refused
from tests.factories.body import NOW, REAL, enrol
from tests.factories.units import UserFactory
from units.actions import accounts, people, register
from units.errors import Conflict, Invalid, NotAllowed, NotFound, StaleVersion
from units.models import FactorReset, Invitation, RegisterEntry, User

pytestmark = pytest.mark.django_db
OWN = "a sentence that only I know"
WHEN = {"at": NOW, "real_at": REAL}
LATER = timedelta(days=7)


@pytest.fixture
def first():
    return UserFactory(username="first", roles=["administrator"])


@pytest.fixture
def second():
    return UserFactory(username="second", roles=["administrator"])


@pytest.fixture
def head():
    return UserFactory(username="head", email="head@example.org")


def code_of(error, do, **asked) -> str:
    with pytest.raises(error) as caught:
        do(**asked)
    return caught.value.code


def kinds() -> list[str]:
    return list(RegisterEntry.objects.order_by("pk").values_list("kind", flat=True))


# --- invitations ------------------------------------------------------------------------------


def test_an_invited_person_chooses_a_password_once(first, head):
    invitation = accounts.invite(person_id=head.pk, by=first, **WHEN)
    secret = accounts.secret_of(invitation)

    person = accounts.accept(secret=secret, password=OWN, **WHEN)

    assert person == head
    assert person.check_password(OWN)
    assert (person.must_enrol_factor, person.must_change_password) == (True, False)
    assert kinds() == ["account.invite", "account.accept"]
    used = {"secret": secret, "password": "another sentence", **WHEN}
    assert code_of(NotFound, accounts.accept, **used) == "invitation-not-good"
    head.refresh_from_db()
    assert head.check_password(OWN)


def test_neither_table_nor_register_holds_what_the_link_ends_in(first, head):
    invitation = accounts.invite(person_id=head.pk, by=first, **WHEN)
    secret = accounts.secret_of(invitation)
    assert secret not in RegisterEntry.objects.get().text
    assert "head@example.org" not in RegisterEntry.objects.get().text
    assert signing.loads(secret, salt=accounts.SALT) == str(invitation.uuid)


@pytest.mark.parametrize(
    ("after", "good"),
    [(LATER - timedelta(seconds=1), True), (LATER, False), (LATER + timedelta(days=1), False)],
)
def test_an_invitation_lasts_seven_days(after, good, first, head):
    secret = accounts.secret_of(accounts.invite(person_id=head.pk, by=first, **WHEN))
    if good:
        assert accounts.invitation_behind(secret, real_at=REAL + after).person == head
    else:
        asked = {"secret": secret, "real_at": REAL + after}
        assert code_of(NotFound, accounts.invitation_behind, **asked) == "invitation-not-good"


@pytest.mark.parametrize("secret", ["", "x", "Im5vdC1hLXV1aWQi:1abcde:forged"])
def test_a_forged_link_is_no_invitation(secret):
    asked = {"secret": secret, "real_at": REAL}
    assert code_of(NotFound, accounts.invitation_behind, **asked) == "invitation-not-good"


def test_a_new_invitation_replaces_the_old_one(first, head):
    old = accounts.secret_of(accounts.invite(person_id=head.pk, by=first, **WHEN))
    new = accounts.secret_of(accounts.invite(person_id=head.pk, by=first, **WHEN))
    asked = {"secret": old, "password": OWN, **WHEN}
    assert code_of(NotFound, accounts.accept, **asked) == "invitation-not-good"
    assert accounts.accept(secret=new, password=OWN, **WHEN) == head


def test_a_changed_address_ends_the_invitation(first, head):
    secret = accounts.secret_of(accounts.invite(person_id=head.pk, by=first, **WHEN))
    change(head, email="other@example.org")
    asked = {"secret": secret, "real_at": REAL}
    assert code_of(NotFound, accounts.invitation_behind, **asked) == "invitation-not-good"


def test_who_is_not_invited(first, head):
    asked = {"by": first, **WHEN}
    closed = UserFactory(email="closed@example.org", closed=True)
    assert code_of(Invalid, accounts.invite, person_id=first.pk, **asked) == "invite-oneself"
    assert code_of(Invalid, accounts.invite, person_id=closed.pk, **asked) == "account-closed"
    silent = UserFactory()
    assert code_of(Invalid, accounts.invite, person_id=silent.pk, **asked) == "invite-no-address"
    by_head = {"person_id": silent.pk, "by": head, **WHEN}
    assert code_of(NotAllowed, accounts.invite, **by_head) == "invite-not-allowed"
    assert not RegisterEntry.objects.exists()


def test_the_database_refuses_an_invitation_that_breaks_a_rule(first, head):
    row = accounts.invite(person_id=head.pk, by=first, **WHEN)
    with refused("invitation_one_open"):
        again(row)
    with refused("invitation_expires"):
        change(row, expires_at=REAL)
    with refused("invitation_not_by_itself"):
        change(row, invited_by=head)
    with refused("invitation_used_or_revoked"):
        change(row, used_at=REAL, revoked_at=REAL)


def test_people_who_have_never_been_in_are_to_be_invited(first, head):
    change(first, last_login=REAL)
    UserFactory(closed=True)
    UserFactory(machine=True)
    assert list(User.objects.to_invite(real_at=REAL)) == [head]
    accounts.invite(person_id=head.pk, by=first, **WHEN)
    assert not User.objects.to_invite(real_at=REAL).exists()
    assert list(User.objects.to_invite(real_at=REAL + LATER)) == [head]


# --- lost factors -----------------------------------------------------------------------------


def lose(head, by):
    enrol(head)
    return accounts.ask_factor_reset(person_id=head.pk, reason="telephone lost", by=by, **WHEN)


def test_two_administrators_replace_a_lost_factor(first, second, head, settings):
    lose(head, first)
    assert Authenticator.objects.filter(user_id=head.pk).exists()  # asking changes nothing

    invitation = accounts.confirm_factor_reset(person_id=head.pk, by=second, **WHEN)

    head.refresh_from_db()
    assert not Authenticator.objects.filter(user_id=head.pk).exists()
    assert not head.has_usable_password()
    assert head.must_enrol_factor
    assert head.may_sign_from == NOW + timedelta(hours=settings.SIGNING_REST_HOURS)
    assert invitation.person == head
    assert kinds() == ["account.ask_factor_reset", "account.reset_factor", "account.invite"]
    entry = RegisterEntry.objects.get(kind="account.reset_factor")
    assert register.data_of(entry)["credentials"].startswith("totp/")
    reset = FactorReset.objects.get()
    assert (reset.asked_by, reset.confirmed_by, reset.confirmed_at) == (first, second, REAL)


def test_the_second_administrator_is_another_one(first, second, head):
    lose(head, first)
    confirm = accounts.confirm_factor_reset
    asked = {"person_id": head.pk, "by": first, **WHEN}
    assert code_of(NotAllowed, confirm, **asked) == "second-administrator-needed"
    change(FactorReset.objects.get(), asked_by=second)
    assert code_of(NotAllowed, confirm, **asked | {"by": second}) == "second-administrator-needed"
    assert code_of(NotAllowed, confirm, **asked | {"by": head}) == "reset-factor-not-allowed"
    assert Authenticator.objects.filter(user_id=head.pk).exists()


def test_an_administrator_whose_own_factor_is_lost_needs_two_others(first, second):
    enrol(first)
    asked = {"person_id": first.pk, "reason": "lost", "by": first, **WHEN}
    assert code_of(Invalid, accounts.ask_factor_reset, **asked) == "reset-factor-of-oneself"
    accounts.ask_factor_reset(**asked | {"by": second})
    confirm = {"person_id": first.pk, "by": first, **WHEN}
    assert (
        code_of(NotAllowed, accounts.confirm_factor_reset, **confirm)
        == "second-administrator-needed"
    )


def test_a_reset_is_asked_once_and_not_without_need(first, second, head):
    asked = {"person_id": head.pk, "reason": "lost", "by": first, **WHEN}
    assert code_of(Invalid, accounts.ask_factor_reset, **asked) == "no-factor"
    lose(head, first)
    again_asked = asked | {"by": second}
    assert code_of(Conflict, accounts.ask_factor_reset, **again_asked) == "reset-asked-already"
    blank = asked | {"reason": "  "}
    assert code_of(Invalid, accounts.ask_factor_reset, **blank) == "reason-missing"


def test_a_reset_that_nobody_confirms_expires_and_can_be_asked_anew(first, second, head):
    lose(head, first)
    late = {"at": NOW + LATER, "real_at": REAL + LATER}
    asked = {"person_id": head.pk, "by": second, **late}
    assert code_of(NotFound, accounts.confirm_factor_reset, **asked) == "no-reset-asked"
    accounts.ask_factor_reset(reason="still lost", **asked)
    assert FactorReset.objects.open(real_at=REAL + LATER).count() == 1


def test_a_withdrawn_reset_is_over(first, second, head):
    lose(head, first)
    accounts.withdraw_factor_reset(person_id=head.pk, by=second, **WHEN)
    asked = {"person_id": head.pk, "by": second, **WHEN}
    assert code_of(NotFound, accounts.confirm_factor_reset, **asked) == "no-reset-asked"


def test_the_database_refuses_a_reset_that_breaks_a_rule(first, second, head):
    row = lose(head, first)
    with refused("factorreset_one_open"):
        again(row)
    with refused("factorreset_has_reason"):
        change(row, reason="")
    with refused("factorreset_expires"):
        change(row, expires_at=REAL)
    with refused("factorreset_confirmed_together"):
        change(row, confirmed_by=second)
    for changes in (
        {"asked_by": head},
        {"confirmed_by": first, "confirmed_at": REAL},
        {"confirmed_by": head, "confirmed_at": REAL},
    ):
        with refused("factorreset_takes_two_administrators"):
            change(row, **changes)


# --- passwords that an administrator has seen -------------------------------------------------


def test_a_temporary_password_bars_signing_until_a_second_administrator_vouches(first, second):
    person = people.create_person(username="novice", full_name="New", by=first, at=NOW).person
    barred = code_of(NotAllowed, lambda: accounts.require_may_sign(person, at=NOW))
    assert barred == "handover-not-vouched"
    asked = {"person_id": person.pk, "at": NOW}
    assert code_of(NotAllowed, accounts.vouch, by=first, **asked) == "second-administrator-needed"
    assert code_of(NotAllowed, accounts.vouch, by=person, **asked) == "vouch-not-allowed"

    accounts.vouch(by=second, **asked)

    accounts.require_may_sign(person, at=NOW)
    assert code_of(Conflict, accounts.vouch, by=second, **asked) == "nothing-to-vouch"
    assert kinds() == ["person.create", "account.vouch"]


def test_a_new_password_bars_only_where_no_factor_stands_behind_it(first, head):
    people.reset_password(person_id=head.pk, by=first, at=NOW)
    assert (
        code_of(NotAllowed, lambda: accounts.require_may_sign(head, at=NOW))
        == "handover-not-vouched"
    )
    other = UserFactory()
    enrol(other)
    people.reset_password(person_id=other.pk, by=first, at=NOW)
    accounts.require_may_sign(other, at=NOW)
    other.refresh_from_db()
    assert not other.must_enrol_factor


def test_a_mailbox_vouches_for_itself(first, head):
    people.reset_password(person_id=head.pk, by=first, at=NOW)
    secret = accounts.secret_of(accounts.invite(person_id=head.pk, by=first, **WHEN))
    accounts.accept(secret=secret, password=OWN, **WHEN)
    accounts.require_may_sign(head, at=NOW)


def test_a_new_address_counts_as_a_way_in_that_was_seen(first, head):
    head.set_password(OWN)
    head.save()
    new = {"full_name": head.full_name, "phone": "", "personnel_no": ""}
    asked = {"person_id": head.pk, "by": first, "expected": head.etag_version, **WHEN, **new}
    people.change_person(email="mine@example.org", **asked)
    assert (
        code_of(NotAllowed, lambda: accounts.require_may_sign(head, at=NOW))
        == "handover-not-vouched"
    )
    stale = asked | {"email": "other@example.org"}
    assert code_of(StaleVersion, people.change_person, **stale) == "person-changed"


@pytest.mark.parametrize(
    ("before", "barred"), [(timedelta(seconds=1), True), (timedelta(0), False)]
)
def test_signing_rests_after_a_reset_until_its_hour(before, barred, head):
    change(head, may_sign_from=NOW)
    if barred:
        asked = {"person": head, "at": NOW - before}
        assert code_of(NotAllowed, accounts.require_may_sign, **asked) == "signing-rests"
    else:
        accounts.require_may_sign(head, at=NOW - before)


def test_the_database_refuses_one_administrator_at_both_ends(first, second, head):
    change(head, password_given_by=first)
    for voucher in (first, head):
        with refused("user_password_takes_two_administrators"):
            change(head, password_vouched_by=voucher)
    with refused("user_password_takes_two_administrators"):
        change(second, password_vouched_by=first)


def test_an_enrolment_is_entered_and_opens_the_way(head):
    change(head, must_enrol_factor=True)
    accounts.note_factor(person_id=head.pk, act="enrol", kind="totp", at=NOW)
    head.refresh_from_db()
    assert not head.must_enrol_factor
    accounts.note_factor(person_id=head.pk, act="remove", kind="totp", at=NOW)
    assert kinds() == ["account.enrol_factor", "account.remove_factor"]
    named = {"kind": "webauthn", "credential": "passkey/hash-of-its-key"}
    accounts.note_factor(person_id=head.pk, act="enrol", **named, at=NOW)
    entry = RegisterEntry.objects.order_by("pk").last()
    assert register.data_of(entry)["credential"] == "passkey/hash-of-its-key"
    assert Invitation.objects.count() == 0
