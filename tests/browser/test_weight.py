"""What a first visit costs: bytes over the wire, counted by the browser itself."""

import pytest

from tests.browser.walking import Mouse, come_in
from tests.factories.body import make_body
from units import clock
from units.models import DemonstrationClock

MOST = 250_000  # bytes of one page with all that it loads, headers included
REF = "2024-bx-first"


@pytest.fixture
def weight_of(browser, live_server, page_at):
    """Return a function that says what a page weighs for a person with an empty cache."""
    known: dict[str, dict] = {}

    def weigh(address: str, person=None) -> int:
        state = None
        if person:
            if person.username not in known:
                page = page_at()
                come_in(Mouse(page), person)
                known[person.username] = page.context.storage_state()
            state = known[person.username]
        context = browser.new_context(base_url=live_server.url, storage_state=state)
        page = context.new_page()
        session, sizes, asked = context.new_cdp_session(page), [], []
        session.send("Network.enable")
        session.on("Network.loadingFinished", lambda told: sizes.append(told["encodedDataLength"]))
        page.on("requestfinished", lambda request: asked.append(request.url))
        answer = page.goto(address, wait_until="networkidle")
        assert answer.ok, f"{address}: {answer.status}"
        assert len(sizes) >= len(asked) > 1, (sizes, asked)
        context.close()
        return int(sum(sizes))

    return weigh


def test_no_first_visit_weighs_more_than_250_kilobytes(weight_of, settings, transactional_db):
    settings.DEMO = True
    DemonstrationClock.objects.create(offset_seconds=clock.real_now().timestamp() - 1706839200)
    body = make_body()
    body.signed()
    body.make_administrator(body.leader)
    weights = {address: weight_of(address) for address in ("/accounts/login/", "/problems/")}
    for person, addresses in {
        body.planner: [
            "/",
            "/queue/",
            "/commitments/",
            f"/commitments/{REF}/",
            "/plans/2024/",
            "/plans/2024/targets/new/",
            f"/targets/{body.targets[0].ref}/allocate/",
            "/account/",
            "/accounts/2fa/webauthn/add/",
            "/api/v1/docs/",
        ],
        body.assigner: [f"/commitments/{REF}/countersign/", "/inbox/"],
        body.leader: ["/units/", "/people/", "/status/"],
    }.items():
        weights |= {address: weight_of(address, person) for address in addresses}

    assert {address: weight for address, weight in weights.items() if weight > MOST} == {}
    assert min(weights.values()) > 10_000  # the style sheets at least were counted
