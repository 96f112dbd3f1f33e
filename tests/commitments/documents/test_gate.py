"""The gate against every hostile file, and for every honest one."""

import hashlib
import json
import sys
import textwrap
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from commitments.documents import gate, gate_child
from commitments.documents.gate import Limits, Question, Trust, Verdict
from tests.commitments.documents import bombs, hostile, papers
from tests.commitments.documents.authorities import DAY, NOW, cast
from tests.commitments.documents.hostile import FIELD
from tests.commitments.documents.uploads import CASES, GOOD
from tests.running import wait_until

ROOT = Path(gate.__file__).resolve().parents[2]


def question(upload: bytes, **changes: Any) -> Question:
    """Return what the product asks of an upload that was handed out ten minutes before `NOW`."""
    revocation = {name: changes.pop(name) for name in ("crls", "ocsps") if name in changes}
    asked = {
        "upload": upload,
        "base": papers.sealed(),
        "earlier": [len(papers.rendered())],
        "field": FIELD,
        "trust": Trust([cast().state.der], [cast().agency.der], **revocation),
        "handed_out": NOW - timedelta(minutes=10),
        "received": NOW + timedelta(minutes=1),
    }
    return Question(**asked | changes)


def other_document(hashes: list[str]) -> str | None:
    """Say that one of the hashes is of the other commitment's revision."""
    known = hashlib.sha256(papers.sealed(hostile.OTHER_CODE)).hexdigest()
    return "CK-2" if known in hashes else None


def verdict_on(asked: Question) -> Verdict:
    """Return what the gate says, without the cost of a process for each file."""
    if (found := gate.by_bytes(asked, other_document)) is not None:
        return found
    told = gate_child.verdict_on(gate.header_of(asked), asked.base, asked.upload)
    return Verdict(told["rule"] or "", told["why"], told["facts"])


@pytest.fixture
def places(tmp_path: Path) -> Path:
    return tmp_path / "places"


@pytest.mark.parametrize("name", CASES)
def test_hostile_upload_is_refused_by_its_rule(name):
    case = CASES[name]
    asked = question(case.make(), **case.more())

    verdict = verdict_on(asked)

    assert (verdict.rule, verdict.facts.get("certificate")) == (case.rule, None), verdict.why
    if case.alone:
        alone = verdict_on(asked._replace(prefix=False))
        assert alone.rule == case.alone, alone.why


@pytest.mark.parametrize("name", GOOD)
def test_honest_upload_is_let_in(name):
    verdict = verdict_on(question(GOOD[name]()))

    assert verdict.accepted, f"{verdict.rule} {verdict.why}"
    assert verdict.facts["state"] == "received"
    assert verdict.facts["field"] == FIELD


def test_rules_12_to_19_are_proved_without_the_prefix_rule():
    tried = {case.alone for case in CASES.values() if case.alone}

    assert {f"G{number}" for number in range(12, 20)} <= tried
    assert {f"G{number:02}" for number in range(2, 30)} <= {
        case.rule for case in CASES.values()
    } | tried


def test_file_cut_anywhere_is_incomplete():
    whole, handed_out = hostile.good(), len(papers.sealed())
    boundaries = {handed_out: "G04", len(papers.rendered()): "G06"}
    cuts = [*range(40, len(whole) - 1, 997), *boundaries, handed_out - 1, handed_out + 1]

    rules = {cut: verdict_on(question(whole[:cut])).rule for cut in cuts}

    assert rules == {cut: boundaries.get(cut, "G05") for cut in cuts}


def test_file_of_another_document_names_it():
    verdict = verdict_on(question(CASES["other commitment"].make()))

    assert verdict.facts == {"document": "CK-2"}


def test_last_place_is_signed_after_everything_before_it():
    first = GOOD["document timestamp after it"]()
    second = papers.sign(first, "assigner", cast().colleague)
    earlier = [len(papers.rendered()), len(papers.sealed())]

    verdict = verdict_on(question(second, base=first, earlier=earlier, field="assigner"))

    assert verdict.accepted, f"{verdict.rule} {verdict.why}"


def test_facts_say_who_signed_what_and_when():
    upload = GOOD["with a timestamp"]()

    facts = verdict_on(question(upload)).facts

    assert facts["certificate"] == cast().head.der.hex()
    assert facts["fingerprint"] == hashlib.sha256(cast().head.der).hexdigest()
    assert facts["chain"][0] == cast().state.der.hex()
    assert (facts["signed_length"], facts["evidence"]) == (len(upload), 0)
    assert facts["claimed_at"] == facts["token_at"] == NOW.isoformat()


@pytest.mark.parametrize(
    ("after", "state"), [(timedelta(minutes=-1), "received"), (timedelta(minutes=2), "confirmed")]
)
def test_only_newer_revocation_data_confirm(after, state):
    issued = NOW + after
    lists = [cast().agency.revocation_list(at=issued)]

    verdict = verdict_on(question(hostile.good(), crls=lists))

    assert verdict.facts["state"] == state


def test_certificate_revoked_after_the_signature_stays_good():
    lists = [cast().agency.revocation_list((cast().head, NOW + DAY), at=NOW + 2 * DAY)]

    verdict = verdict_on(question(hostile.good(), crls=lists))

    assert (verdict.rule, verdict.facts["state"]) == ("", "confirmed")


def test_revocation_list_of_somebody_else_confirms_nothing():
    stranger = hostile.root("Cơ quan cấp chứng thư", key="false agency")
    lists = [stranger.revocation_list(at=NOW + timedelta(hours=1))]

    assert verdict_on(question(hostile.good(), crls=lists)).facts["state"] == "received"


@pytest.mark.parametrize(("seconds", "rule"), [(-1, "G29"), (0, ""), (600, ""), (601, "G29")])
def test_window_of_time_is_five_minutes_wider_on_both_sides(seconds, rule):
    asked = question(
        hostile.good(),
        handed_out=NOW + timedelta(minutes=5) - timedelta(seconds=seconds),
        received=NOW + timedelta(minutes=5) - timedelta(seconds=seconds),
    )

    assert verdict_on(asked).rule == rule


# --- the process


def test_child_says_what_the_rules_say(places):
    good = question(hostile.good())

    assert gate.judge(good, places=places) == verdict_on(good)
    for name in ("unsigned copy", "compression bomb", "arrays without end", "text before signing"):
        asked = question(CASES[name].make())
        assert gate.judge(asked, places=places).rule == CASES[name].rule


def test_file_that_costs_too_much_time_is_stopped(places):
    numbers = b"%d 0 obj\n<< /X [%s] >>\nendobj\n" % (bombs.root_number(), b"1 " * 10**6)
    asked = question(bombs.tail(numbers))

    verdict = gate.judge(asked, places=places, limits=Limits(cpu=1))

    assert verdict.rule == "G09"
    assert verdict.why.startswith("stopped by signal")


def test_third_file_at_a_time_is_told_to_wait(places):
    asked = question(papers.sealed() + b"%%EOF\n")
    taken = gate.place(places, patience=0)
    with taken, gate.place(places, patience=0), pytest.raises(gate.Busy):
        gate.judge(asked, places=places, patience=0)

    assert gate.judge(asked, places=places, patience=0).rule == "G10"


def script(code: str) -> list[str]:
    return [sys.executable, "-I", "-B", "-c", textwrap.dedent(code)]


GOOD_ANSWER = json.dumps({"v": 1, "rule": None, "why": "", "facts": {"state": "received"}})


@pytest.mark.parametrize(
    ("code", "rule"),
    [
        (f"print({GOOD_ANSWER!r})", ""),
        (f"print({GOOD_ANSWER!r}); raise SystemExit(1)", "G10"),
        (f"print({GOOD_ANSWER!r}[:-1])", "G10"),
        ("print('[' * 100000)", "G10"),
        ("print('x' * 10**7)", "G10"),
        ("print('{}')", "G10"),
        ("""print('{"v": 1, "rule": "G99", "why": "", "facts": {}}')""", "G10"),
        ("""print('{"v": 1, "rule": null, "why": "", "facts": {}}')""", "G10"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "G09"),
        ("import time; time.sleep(60)", "G09"),
        ("import os, time; os.close(1); time.sleep(60)", "G09"),
    ],
)
def test_child_that_does_not_end_as_it_should_refuses(code, rule):
    assert (
        gate.ask(script(code), [b""], limits=Limits(wall=1 if rule == "G09" else 20)).rule == rule
    )


def test_nothing_that_the_child_started_outlives_it(tmp_path):
    started = tmp_path / "pid"
    code = f"""
        import os, time
        child = os.fork()
        if child:
            open({str(started)!r}, "w").write(str(child))
        time.sleep(60)
    """

    gate.ask(script(code), [b""], limits=Limits(wall=1))

    wait_until(lambda: not _runs(int(started.read_text())))  # a killed process needs its moment


def _runs(pid: int) -> bool:
    """Return whether the process is there, and not just waiting to be buried."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rsplit(")", 1)[1].split()[0] != "Z"


@pytest.mark.parametrize(
    "attempt",
    [
        "open('x', 'w')",
        "os.open('x', os.O_CREAT | os.O_WRONLY) and os.write(3, b'x')",
        "os.write(0, b'x')",
        "socket.create_connection(('127.0.0.1', 9))",
        "socket.getaddrinfo('example.org', 80)",
        "subprocess.run(['true'])",
        "os.system('true')",
        "[open('/dev/null') for _ in range(16)]",
        "bytearray(600 * 1024 * 1024)",
    ],
)
def test_child_can_do_nothing_but_judge(attempt):
    code = f"""
        import json, os, socket, subprocess, sys
        sys.path.append({str(ROOT)!r})
        from commitments.documents import gate_child
        gate_child.limit(cpu=10, wall=20, memory=512 * 1024 * 1024)
        why = "done"
        try:
            {attempt}
        except (OSError, MemoryError) as error:
            why = type(error).__name__
        clean = not os.environ.keys() - {{"LC_CTYPE"}} and not os.listdir(".")
        print(json.dumps({{"v": 1, "rule": "G10", "why": why, "facts": {{"clean": clean}}}}))
    """

    verdict = gate.ask(script(code), [b"file"], limits=Limits())

    assert verdict.why in {"PermissionError", "OSError", "MemoryError"}
    assert verdict.facts == {"clean": True}
