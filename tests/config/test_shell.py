"""What surrounds every page: menu, banner, language, errors; and no inline script or style anywhere."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import translation

from config.context import Asked, Navigation
from tests.factories.units import UserFactory
from units.models import DemonstrationClock

ROOT = Path(settings.BASE_DIR)
TEMPLATES = sorted(
    path
    for app in ("config", "units", "commitments", "notifications")
    for path in (ROOT / app / "templates").rglob("*.html")
)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_template_keeps_to_the_policy(path):
    text = path.read_text(encoding="utf-8")
    inline = re.findall(
        r"<script(?![^>]*\ssrc=)[^>]*>|<style|\sstyle=|\son[a-z]+\s*=\s*[\"']|javascript:", text
    )
    assert inline == []
    assert re.findall(r"(?:src|href)=\"(?:https?:)?//[^\"]*\"", text) == []


@pytest.mark.django_db
def test_policy_reaches_every_page(client):
    policy = client.get("/accounts/login/")["Content-Security-Policy"]
    assert "'unsafe" not in policy


def titles(person) -> list[str]:
    request = RequestFactory().get("/queue/")
    request.user = person
    with translation.override("en"):
        return [entry.label for entry in Navigation(request, Asked(request)).entries]


@pytest.mark.django_db
def test_menu_offers_what_a_role_opens():
    head, desk = UserFactory(), UserFactory(roles=["supervisor"])
    chief = UserFactory(roles=["administrator"])
    assert {"Home", "Commitments"} <= set(titles(head))
    assert not {"Queue", "People", "Status"} & set(titles(head))
    assert "Queue" in titles(desk)
    assert "Status" in titles(chief)
    assert "Queue" not in titles(chief)


@pytest.mark.django_db
def test_menu_marks_where_one_is():
    request = RequestFactory().get("/queue/")
    request.user = UserFactory(roles=["supervisor"])
    current = [entry.url for entry in Navigation(request, Asked(request)).entries if entry.current]
    assert current == ["/queue/"]


@pytest.mark.django_db
def test_banner_stands_in_a_demonstration_only(client, settings):
    with translation.override("en"):
        assert "Demonstration data" not in client.get("/accounts/login/").content.decode()
        settings.DEMO = True
        began = datetime(2024, 5, 15, 2, 0, tzinfo=UTC)
        behind = datetime.now(UTC) - began - timedelta(seconds=1)  # noqa: TID251
        DemonstrationClock.objects.create(offset_seconds=int(behind.total_seconds()))
        client.cookies["django_language"] = "vi"
        page = client.get("/accounts/login/").content.decode()
    assert "Dữ liệu minh họa" in page
    assert "đồng hồ ở đây chỉ 15/05/2024 09:00 (UTC+7)" in page


# --- language -------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_language_is_kept_by_browser_and_account(client):
    person = UserFactory(language="vi")
    client.force_login(person)
    answer = client.post("/language/", {"language": "en", "next": "/account/"})
    assert answer["Location"] == "/account/"
    assert answer.cookies["django_language"].value == "en"
    person.refresh_from_db()
    assert (person.language, person.etag_version) == ("en", 2)
    client.post("/language/", {"language": "en"})
    person.refresh_from_db()
    assert person.etag_version == 2


@pytest.mark.django_db
@pytest.mark.parametrize(
    "wanted", ["//elsewhere.example/", "https://elsewhere.example/", "", "javascript:1"]
)
def test_language_leads_to_no_other_site(wanted, client):
    assert client.post("/language/", {"language": "vi", "next": wanted})["Location"] == "/"


@pytest.mark.django_db
def test_language_refuses_what_it_does_not_know(client):
    assert client.post("/language/", {"language": "xx"}).status_code == 400
    assert client.get("/language/").status_code == 405


# --- errors ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["400", "500"])
def test_bare_pages_need_no_request(name):
    with translation.override("vi"):
        assert "Về trang chủ" in render_to_string(f"{name}.html")


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["403", "403_csrf", "404", "409", "412", "428", "429"])
@pytest.mark.parametrize("language", ["vi", "en"])
def test_error_pages_say_what_to_do(name, language):
    request = RequestFactory().get("/")
    request.user = UserFactory()
    with translation.override(language):
        page = render_to_string(f"{name}.html", request=request)
    assert f'lang="{language}"' in page
    assert page.count("<h1>") == 1


@pytest.mark.django_db
def test_form_without_its_token_gets_a_page_that_explains():
    answer = Client(enforce_csrf_checks=True).post("/language/", {"language": "vi"})
    assert answer.status_code == 403
    assert "403_csrf.html" in [template.name for template in answer.templates]


@pytest.mark.django_db
def test_absent_page_is_told_in_the_shell(client):
    answer = client.get("/no-such-page/")
    assert answer.status_code == 404
    assert 'class="site-head"' in answer.content.decode()


# --- assets ---------------------------------------------------------------------------------------


def test_manifest_names_every_asset_that_is_not_ours():
    manifest = json.loads((ROOT / "config/static/manifest.json").read_text(encoding="utf-8"))
    for asset in manifest["assets"]:
        assert asset["version"] in Path(finders.find(asset["path"])).read_text(encoding="utf-8")
        assert asset["licence"]
        assert asset["source"]
    named = [asset["path"] for asset in manifest["assets"]]
    base = (ROOT / "config/templates/base.html").read_text(encoding="utf-8")
    used = re.findall(r"{% static '([^']+)' %}", base)
    assert [
        path for path in used if path not in named and not path.startswith(tuple(manifest["own"]))
    ] == []


def test_styles_stay_small():
    assert sum(path.stat().st_size for path in (ROOT / "config/static/css").iterdir()) < 44_000


def test_every_way_of_the_shell_leads_somewhere():
    for name in [
        "config:account",
        "config:language",
        "config:status",
        "account_login",
        "mfa_index",
    ]:
        assert reverse(name)
