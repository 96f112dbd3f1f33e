"""The supervisor's queue of the scenario: every count as written there, each equal to its list."""

import re

from notifications.actions import deliveries, notices
from notifications.models import Notice

TAB = re.compile(r'<a href="([^"]*)"[^>]*>([^<]*) <span class="count">(\d+)</span></a>')


SCENARIO = {
    "Awaiting signature": 4,
    "Late to sign": 3,
    "Returned for correction": 1,
    "Refused": 1,
    "To countersign": 2,
    "Reports to verify": 43,
    "Not in yet": 16,
    "Returned reports": 8,
    "Missing reports": 10,
    "Cases escalated to me": 4,  # one on each level
    "Cases to verify": 1,
    "Not delivered": 2,
    "No head in office": 1,
}


def send_everything(at) -> None:
    """Do what the jobs do in the first minutes of a demonstration: tell, and hand over."""
    while notices.dispatch(at=at):
        pass
    while deliveries.send(at=at):
        pass


def test_queue_of_the_supervisor_counts_what_the_scenario_says(at, client_of, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    send_everything(at)
    client = client_of("bach")
    page = client.get("/queue/").content.decode()
    counts = {label: int(count) for _url, label, count in TAB.findall(page)}
    assert {label: counts[label] for label in SCENARIO} == SCENARIO


def test_what_was_not_delivered_went_to_one_address_that_nobody_has(at, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    send_everything(at)
    found = Notice.objects.undelivered().order_by("message")
    assert [(row.recipient.username, row.message) for row in found] == [
        ("cau", "case-explain"),
        ("cau", "case-late"),
    ]
    assert {row.end_reason for row in found} == {"550 5.1.2 <cau@trung-tam.invalid>: no such host"}
