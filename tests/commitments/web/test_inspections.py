"""Inspections on pages: frozen, recorded with files, corrected, proposed to the report, explained."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from commitments.models import CountedScope, Evidence, Inspection
from tests.commitments.web.test_board import read
from tests.factories.inspections import make_inspecting
from tests.factories.reports import LATE, OPENED, make_desk, newest
from units import clock
from units.models import DemonstrationClock, RegisterEntry

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("business_time")]
PNG = b"\x89PNG\r\n\x1a\n photo"
TARGET = "/targets/2024-inspections/"
SAID = {"inspected_on": "2024-01-15", "conclusion": "Chấp hành tốt."}


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    return tmp_path


@pytest.fixture
def made():
    return make_inspecting()


def become(at):
    """Let business time be `at`."""
    offset = clock.real_now().timestamp() - at.timestamp()
    DemonstrationClock.objects.update(offset_seconds=offset)


def raw(client, address):
    page = client.get(address)
    assert page.status_code == 200
    return page.content.decode()


def test_from_freezing_the_units_to_the_record_and_its_file(made, client_of):
    body, planner = made.body, client_of(made.body.planner)
    assert "Freeze the units that are counted" in read(planner, TARGET)
    asked = raw(planner, f"{TARGET}counted/")
    assert "as they stood on 01/01/2024" in asked
    assert asked.count("checked") == 4
    units = [one.pk for one in made.units]
    assert planner.post(f"{TARGET}counted/", {"units": units}).status_code == 302
    assert CountedScope.objects.get().units.count() == 4
    assert "/inspections/new/" not in raw(client_of(body.supervisor), f"{TARGET}inspections/")

    recorder, of = client_of(body.assigner), made.units[0]
    bad = recorder.post(f"{TARGET}inspections/new/", SAID | {"unit": of.pk, "inspected_on": "x"})
    assert bad.status_code == 422
    assert "Chấp hành tốt." in bad.content.decode()  # nothing typed is lost
    sent = SAID | {"unit": of.pk, "attached": [SimpleUploadedFile("anh.png", PNG)]}
    assert recorder.post(f"{TARGET}inspections/new/", sent).status_code == 302

    row, file = Inspection.objects.get(), Evidence.objects.get()
    assert (row.recorded_by, file.inspection, file.size) == (body.assigner, row, len(PNG))
    listed = read(recorder, f"{TARGET}inspections/")
    for words in ("1 of 4 units inspected: 25 %", "inspected on 15/01/2024", "not inspected yet"):
        assert words in listed
    page = read(client_of(body.supervisor), f"/inspections/{row.ref}/")
    assert file.sha256 in page
    assert "Correct the record" not in page
    assert "1 of 4 units inspected: 25 %" in read(planner, TARGET)

    wrong = f"/inspections/{row.ref}/correct/"
    change = SAID | {"unit": made.units[1].pk, "correction_reason": ""}
    assert recorder.post(wrong, change).status_code == 422
    done = recorder.post(wrong, change | {"correction_reason": "Nhầm đơn vị."}, follow=True)
    assert "The record is corrected." in done.content.decode()
    corrected = read(recorder, f"/inspections/{row.ref}/")
    assert "Nhầm đơn vị." in corrected
    assert "Read what stands in its place" in corrected
    assert recorder.get(wrong).status_code == 404  # it is corrected already
    assert RegisterEntry.objects.filter(kind__startswith="inspection.").count() == 3


def test_whoever_does_not_see_the_target_sees_no_record_and_no_file(made, client_of):
    made.fix()
    row = made.record(made.units[0])
    stranger = client_of(made.body.secretary)
    for address in (
        f"{TARGET}inspections/",
        f"{TARGET}inspections/new/",
        f"{TARGET}counted/",
        f"/inspections/{row.ref}/",
        f"/inspections/{row.ref}/correct/",
    ):
        assert stranger.get(address).status_code == 404, address
    reader = client_of(made.body.supervisor)
    assert reader.get(f"{TARGET}inspections/new/").status_code == 404
    assert reader.get(f"{TARGET}counted/").status_code == 404


def test_a_file_is_handed_to_whoever_sees_the_target_alone(made, client_of):
    made.fix()
    client_of(made.body.assigner).post(
        f"{TARGET}inspections/new/",
        SAID | {"unit": made.units[0].pk, "attached": [SimpleUploadedFile("anh.png", PNG)]},
    )
    address = f"/evidence/{Evidence.objects.get().pk}/"
    assert client_of(made.body.supervisor).get(address).content == PNG
    assert client_of(made.body.secretary).get(address).status_code == 404


def test_a_report_begins_with_what_the_records_say(made, client_of):
    made.fix()
    made.record(made.units[0])
    made.body.targets.append(made.target)
    desk = make_desk(body=made.body)
    duty = desk.duty(place=4)
    become(OPENED)
    client = client_of(made.body.assigner)
    page = raw(client, f"/reports/{duty.ref}/")
    assert "From the records" in page
    assert f'name="d{duty.pk}-numerator" value="1"' in page
    assert f'name="d{duty.pk}-denominator" value="4"' in page
    grid = raw(client, f"/reports/?unit={made.body.committee.ref}&period=2024-03")
    assert "records: 1/4" in grid
    assert f'name="d{duty.pk}-numerator" value="1"' not in grid  # nobody submits it unseen

    sent = {f"d{duty.pk}-{name}": value for name, value in (("version", 0), ("numerator", 2))}
    sent |= {f"d{duty.pk}-denominator": 4, "act": "submit"}
    assert client.post(f"/reports/{duty.ref}/", sent).status_code == 302
    assert newest(duty).numerator == 2
    assert "something else than the records" in read(client, f"/reports/{duty.ref}/")


def test_why_shows_each_unit_with_a_way_to_its_record(made, client_of):
    made.fix()
    row = made.record(made.units[0])
    become(LATE)
    page = raw(client_of(made.body.supervisor), TARGET)
    assert f'href="/inspections/{row.ref}/"' in page
    assert "units inspected, each counted once" in page


def test_the_list_costs_the_same_for_one_and_three(made, client_of):
    made.fix()
    client, counts = client_of(made.body.supervisor), []
    read(client, f"{TARGET}inspections/")  # the first page of a session costs more
    for batch in (made.units[:1], made.units[1:3]):
        for one in batch:
            made.record(one)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"{TARGET}inspections/").status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]
