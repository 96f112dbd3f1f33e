"""The benchmarks themselves work, on little data. No time is asserted: machines differ."""

import subprocess
import sys

import pytest

from tests.benchmarks import (
    changes,
    default,
    heads,
    mailing,
    queue,
    register,
    rollups,
    sealing,
    sweeping,
    synced,
    uploads,
)
from tests.benchmarks.measuring import Pair, Result, exponent, write_down
from tests.commitments.documents.uploads import broken_table
from tests.running import ROOT, environment


@pytest.mark.django_db
def test_queue_costs_the_same_queries_at_every_size():
    result = queue.measure(sizes=(10, 60, 120), rounds=1)
    assert [pair.name for pair in result.pairs] == [f"{size} commitments" for size in (10, 60, 120)]
    assert all(pair.floor[0] > 0 and pair.ours[0] > 0 for pair in result.pairs)
    assert result.exponent is not None
    assert "defect: they differ" not in result.text()


@pytest.mark.django_db
def test_a_plan_is_rolled_up_beside_one_aggregate():
    result = rollups.measure(sizes=(1, 3), rounds=1, targets=2)
    assert [pair.name for pair in result.pairs] == [
        "1 units, 24 reports",
        "3 units, 72 reports",
        "3 units, with each part judged",
    ]
    assert all(pair.floor[0] > 0 and pair.ours[0] > 0 for pair in result.pairs)
    assert "they differ" not in result.text()


@pytest.mark.django_db
def test_a_page_of_changes_is_measured_beside_its_floors(settings):
    settings.ALLOWED_HOSTS = ["localhost"]
    settings.API_FEED_PER_MINUTE = settings.API_READS_PER_MINUTE = 10**6
    result = changes.measure(sizes=(2, 4), rounds=1)
    assert len(result.pairs) == 4
    assert all(pair.floor[0] > 0 and pair.ours[0] > 0 for pair in result.pairs)


@pytest.mark.postgresql_only
@pytest.mark.django_db(transaction=True)
def test_a_whole_sync_is_measured_beside_copy():
    [pair] = synced.measure(size=40, rounds=1).pairs
    assert pair.floor[0] > 0
    assert pair.ours[0] > 0


@pytest.mark.django_db
def test_the_whole_register_is_checked_beside_bare_hashing():
    result = register.measure(sizes=(20, 60), rounds=1)
    names = [
        f"{size} entries, {what}" for size in (20, 60) for what in ("hashed", "read and hashed")
    ]
    assert [pair.name for pair in result.pairs] == names
    assert all(pair.floor[0] > 0 and pair.ours[0] > 0 for pair in result.pairs)
    assert len(register.hashed(60)) == 60 + 60 + 59  # leaves, links, nodes of the tree


@pytest.mark.django_db
def test_signing_and_issuing_are_measured_beside_their_floors():
    for measure in (sealing.measure_signing, sealing.measure_issuing):
        (pair,) = measure(rounds=1, items=1).pairs
        assert pair.floor[0] > 0
        assert pair.ours[0] > 0


@pytest.mark.django_db(transaction=True)
def test_a_sweep_is_measured_beside_bare_statements():
    result = sweeping.measure_sweep(sizes=(20, 40), due=10, rounds=1)
    assert len(result.pairs) == 4
    assert all(pair.floor[0] > 0 and pair.ours[0] > 0 for pair in result.pairs)


@pytest.mark.django_db(transaction=True)
def test_a_sweep_under_kills_is_measured_beside_a_calm_one():
    (pair,) = sweeping.measure_killed(size=400, kills=1, rounds=1).pairs
    assert pair.floor[0] > 0
    assert pair.ours[0] > 0


@pytest.mark.django_db(transaction=True)
def test_mail_is_measured_beside_bare_sending():
    result = mailing.measure(sizes=(20, 40))
    assert [pair.name for pair in result.pairs] == [
        "20 notices in 2 letters",
        "40 notices in 4 letters",
    ]
    assert all(pair.floor[0] > 0 and pair.ours[0] > 0 for pair in result.pairs)


@pytest.mark.skipif(sys.platform != "linux", reason="judges in a child with limits")
def test_a_hostile_upload_is_measured_beside_what_it_may_cost():
    result = uploads.measure({"broken cross-reference": broken_table})
    (pair,) = result.pairs
    assert 0 < pair.ours[0] < pair.floor[0]
    assert "broken cross-reference: G10" in result.text()


@pytest.mark.sqlite_only
@pytest.mark.skipif(sys.platform != "linux", reason="reads memory from /proc")
def test_embedded_default_is_measured_beside_an_empty_project():
    result = default.measure(rounds=1, demo=False)
    memory, start = result.pairs
    assert memory.ours[0] > memory.floor[0] > 0
    assert start.ours[0] > 0
    assert len(result.text().splitlines()) == 4 + 1 + 3


@pytest.mark.sqlite_only
@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_a_crowd_of_heads_signs_through_the_pages_while_the_jobs_run():
    text = heads.measure(heads=10).text()
    assert "Errors: 0 (goal: 0)." in text, text
    assert "register entries: 10, 10, 10, 10; slots with two acts: 0. Each act once" in text
    assert "verify_register afterwards: GOOD" in text


@pytest.mark.parametrize(
    ("row", "scale", "said"),
    [
        ("P99", "small", "ROW='P99' is no benchmark. There are: P1 ("),
        ("", "small", "ROW='' is no"),
        ("P7", "huge", "SCALE='huge': write 'small' or 'full'."),
    ],
)
def test_unknown_row_gets_one_line(row, scale, said, tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.run", row, scale],
        cwd=ROOT,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith(said)
    assert len(done.stderr.splitlines()) == 1


def test_figures_of_a_row_replace_its_last_ones(tmp_path):
    page = tmp_path / "performance.md"
    page.write_text("# Figures\n", encoding="utf-8")
    for row, ours in [("P1", 20.0), ("P2", 5.0), ("P1", 30.0)]:
        pairs = [Pair("a page", "ms", [10.0, 10.0], [ours, 2 * ours], 50)]
        write_down(Result(row, "something", pairs, ["A note."], 1.2), "small", page)
    text = page.read_text(encoding="utf-8")
    assert text.count("## P1: something") == text.count("## P2: something") == 1
    assert "| a page | 10.0 ms | 45.0 ms | 4.50 (3.00 to 6.00) | 50 MiB |" in text
    assert "1.20 (a defect: above 1.1)" in text
    assert text.index("## P1") < text.index("## P2")


def test_exponent_of_linear_growth_is_one():
    assert exponent([1, 10, 100], [5.0, 1.0, 10.0]) == pytest.approx(1.0)
