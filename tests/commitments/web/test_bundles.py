"""Taking the evidence away: from the page, and from the shell."""

import io
import zipfile

import pytest
from django.core.management import CommandError, call_command

from commitments.enums import VersionAct
from tests.factories.body import make_body, person

pytestmark = pytest.mark.django_db


def names_in(data: bytes) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.namelist()


def test_both_sides_take_the_evidence_and_strangers_do_not(client):
    body = make_body()
    version = body.issued()
    address = f"/commitments/{version.commitment.ref}/bundle/1/"
    for who in (body.secretary, body.assigner, body.supervisor):
        client.force_login(who)
        answer = client.get(address)
        assert answer["Content-Type"] == "application/zip"
        assert f"{version.ref}-evidence.zip" in answer["Content-Disposition"]
        assert {"document.pdf", "content.json"} <= set(names_in(answer.content))
        assert address in client.get(f"/commitments/{version.commitment.ref}/").content.decode()
    client.force_login(person("stranger"))
    assert client.get(address).status_code == 404


def test_a_draft_has_no_evidence(client):
    body = make_body()
    version = body.draft()
    client.force_login(body.planner)
    assert client.get(f"/commitments/{version.commitment.ref}/bundle/1/").status_code == 404


def test_the_command_writes_a_new_file_and_no_other(tmp_path, capsys):
    version = make_body().issued()
    path = tmp_path / "evidence.zip"
    call_command("build_bundle", version.commitment.ref, output=path)
    assert "report.en.html" in names_in(path.read_bytes())
    assert str(path) in capsys.readouterr().out
    with pytest.raises(CommandError, match="was not written"):
        call_command("build_bundle", version.commitment.ref, output=path)
    with pytest.raises(CommandError, match="No issued version"):
        call_command("build_bundle", version.commitment.ref, number=2, output=tmp_path / "more.zip")


def test_the_readable_report_speaks_both_languages(client):
    body = make_body()
    version = body.issued()
    body.act(VersionAct.SIGN, version, body.secretary)
    client.force_login(body.secretary)
    data = client.get(f"/commitments/{version.commitment.ref}/bundle/1/").content
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        vi, en = (archive.read(f"report.{language}.html").decode() for language in ("vi", "en"))
    assert '<html lang="vi">' in vi
    assert "Approved online" in en
    assert body.secretary.full_name in vi
    assert version.document.content_sha256 in en
