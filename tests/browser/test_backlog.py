"""A backlog case in accelerated time: it climbs, is explained, extended, resolved, verified, closed."""

from datetime import date

import pytest

from commitments.actions import backlog, cases
from commitments.models import BacklogCase
from tests.browser.walking import Mouse, come_in
from tests.factories.backlog import SIX_CLEARS
from tests.factories.body import make_body, person
from tests.factories.clocks import local
from tests.factories.units import RoleGrantFactory
from units import clock
from units.models import DemonstrationClock


def let_it_be(day: date) -> None:
    """Move business time to that morning and let the ladder take its steps."""
    offset = clock.real_now() - local(day, 9)
    DemonstrationClock.objects.update_or_create(defaults={"offset_seconds": offset.total_seconds()})
    while cases.sweep(at=local(day, 9)):
        pass


@pytest.mark.parametrize(("width", "language"), [(1280, "vi"), (360, "en")])
def test_a_case_from_the_list_to_its_end(
    width, language, page_at, assert_accessible, settings, transactional_db
):
    settings.DEMO = True
    let_it_be(date(2024, 1, 3))
    body = make_body()
    verifier = person("verifier")
    RoleGrantFactory(role="verifier", unit=body.committee, person=verifier)
    case = backlog.register_case(
        kind="clearance",
        title="Giải phóng mặt bằng dự án A",
        unit_id=body.commune.pk,
        period_id=body.plan.pk,
        original_due_on=date(2023, 12, 29),
        office_id=body.first.pk,
        by=body.supervisor,
        at=local(date(2024, 1, 3)),
        **SIX_CLEARS,
    )
    hands = {}
    for who in (body.supervisor, body.secretary, body.assigner, verifier):
        hands[who.pk] = Mouse(page_at(width, language=language), assert_accessible)
        come_in(hands[who.pk], who)
    steers, heads = hands[body.supervisor.pk], hands[body.secretary.pk]

    def act(hand: Mouse, name: str, **fields: str) -> None:
        hand.open(f"/cases/{case.ref}/")
        hand.press(f'a[href$="/act/{name}/"]')
        for field, text in fields.items():
            if text in {"grant", "decline"}:
                hand.tick(f'[name={field}][value="{text}"]')
            else:
                hand.write(f"#id_{field}", text)
        hand.press("main form .button--primary")

    steers.open("/cases/")
    act(steers, "assign")
    let_it_be(date(2024, 1, 8))  # level 2 asks for an explanation
    heads.open("/")
    heads.press(f'main a.button[href="/cases/{case.ref}/"]')
    heads.press('a[href^="/explanations/"]')
    heads.write("#id_text", "Còn hộ chưa nhận tiền bồi thường")
    heads.press("main form .button--primary")
    act(steers, "extend", new_due_on="2024-03-29", reason="Chờ giá đất")
    act(hands[body.assigner.pk], "decide", decision="grant")
    let_it_be(date(2024, 3, 22))  # a reminder, seven days before the new day
    act(heads, "resolve", outcome="Quyết định thu hồi đất", reference="12/QĐ-UBND")
    act(hands[verifier.pk], "accept")

    case = BacklogCase.objects.get()
    assert (case.state, case.extensions.count(), case.ended_on) == (
        "closed",
        1,
        date(2024, 3, 22),
    )
    steers.open(f"/cases/{case.ref}/")
    story = steers.page.inner_text("main")
    for told in ("03/01/2024", "08/01/2024", "Chờ giá đất", "22/03/2024", "12/QĐ-UBND"):
        assert told in story
    steers.open("/cases/agenda/")
