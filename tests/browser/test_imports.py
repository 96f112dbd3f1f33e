"""A planner brings a plan in a workbook: faults, the mended file, applied; then closes a gap by hand."""

import pytest

from commitments.models import PlanImport, Target
from tests.browser.walking import Mouse, come_in
from tests.commitments.actions.test_imports import PARTS, TARGET, sound
from tests.factories.body import NOW, make_body
from units import clock
from units.models import DemonstrationClock

pytestmark = pytest.mark.django_db(transaction=True)
UPLOAD = {"vi": "Tải lên và kiểm tra", "en": "Upload and check"}
APPLY = {"vi": "Áp dụng vào kế hoạch", "en": "Apply to the plan"}


@pytest.fixture
def now(settings, transactional_db):
    """Let the bodies of tests live in 2024, as their plan does."""
    settings.DEMO = True
    offset = clock.real_now().timestamp() - NOW.timestamp()
    DemonstrationClock.objects.create(offset_seconds=offset)


def upload(page, path, language):
    page.set_input_files("#id_file", str(path))
    page.get_by_role("button", name=UPLOAD[language]).click()
    page.wait_for_load_state()


@pytest.mark.parametrize("language", ["vi", "en"])
def test_faults_then_mended_then_applied(language, now, page_at, assert_accessible, tmp_path):
    body = make_body()
    faulty, mended = tmp_path / "plan.xlsx", tmp_path / "mended.xlsx"
    wrong = [PARTS[0], PARTS[1] | {"value": "98 giấy"}]
    faulty.write_bytes(sound(targets=[TARGET | {"unit": "bx-frist"}], allocations=wrong))
    mended.write_bytes(sound())
    page = page_at(1280, language=language)
    come_in(Mouse(page), body.planner)
    page.goto("/plans/2024/import/")
    assert_accessible(page)
    with page.expect_download() as download:
        page.locator("a[href$='template.xlsx']").click()
    assert download.value.suggested_filename.endswith("2024.xlsx")

    upload(page, faulty, language)
    rows = page.locator("main tbody tr")
    rows.first.wait_for()
    assert rows.count() == 2
    assert "bx-frist" in rows.nth(0).inner_text()
    assert "98 giấy" in rows.nth(1).inner_text()
    assert_accessible(page)
    page.reload()
    rows.first.wait_for()
    assert rows.count() == 2
    assert not Target.objects.filter(code="N02.1").exists()

    upload(page, mended, language)
    page.get_by_role("button", name=APPLY[language]).wait_for()
    assert_accessible(page)
    page.get_by_role("button", name=APPLY[language]).click()
    page.wait_for_url("**/plans/2024/")
    assert Target.objects.filter(code__startswith="N02.1").count() == 3
    assert_accessible(page)
    assert list(PlanImport.objects.order_by("pk").values_list("state", flat=True)) == [
        "dropped",
        "applied",
    ]
    page.goto(f"/plans/2024/import/{PlanImport.objects.latest('pk').ref}/")
    assert_accessible(page)


@pytest.mark.parametrize("scripts", [True, False])
def test_the_gap_follows_what_is_typed(scripts, now, page_at, assert_accessible, tmp_path):
    body = make_body()
    whole = Target.objects.get(code="N01.4")  # 24
    Target.objects.filter(pk=whole.pk).update(unit=body.committee)
    page = page_at(1280, language="vi", scripts=scripts)
    come_in(Mouse(page), body.planner)
    page.goto(f"/targets/{whole.ref}/allocate/")
    gap = page.locator("[data-gap]")
    assert gap.inner_text() == "24"
    if scripts:
        assert_accessible(page)

    def type_part(unit, text):
        page.fill(f"[name=part-{unit.pk}]", text)
        if not scripts:
            page.get_by_role("button", name="Tính chênh lệch").click()
            page.wait_for_load_state()

    type_part(body.commune, "20")
    assert gap.inner_text() == "4"
    type_part(body.other, "5")
    assert gap.inner_text() == "-1"
    page.fill("#id_overage", "1")
    type_part(body.other, "5")
    assert gap.inner_text() == "0"
    assert page.locator("[data-gap-open]").is_hidden()
    type_part(body.other, "nhiều")
    assert gap.inner_text() == "?"
    type_part(body.other, "5")
    page.get_by_role("button", name="Lưu phân khai").click()
    page.wait_for_load_state()
    assert page.url.endswith(f"/targets/{whole.ref}/")
    assert whole.children.count() == 2
