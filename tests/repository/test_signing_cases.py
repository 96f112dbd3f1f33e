"""The cases that signing was designed against: each has its test, and each hostile file its rule.

Lists in the words of the design. A case that loses its test, or whose rule becomes another, turns
this red; so does a new hostile file that is not listed.
"""

import ast
from collections import defaultdict
from pathlib import Path

import pytest
from django.conf import settings

from tests.commitments.actions.dying import ISSUING, POINTS, PREPARING, STAMPED
from tests.commitments.actions.stamping import FAULTS
from tests.commitments.documents.uploads import CASES, GOOD
from tests.units.actions.dying import CLOSING

TESTS = Path(settings.BASE_DIR) / "tests"

# What went wrong in other systems -> the tests that hold that it cannot here.
MISTAKES = {
    "all signed, status stuck, file unsigned": ["test_no_state_without_its_revision"],
    "sealed only after the last signer": ["test_seal_exists_before_the_first_signature"],
    "local time embedded as if it were a token": [
        "test_timestamp_failure_never_writes_a_local_time"
    ],
    "the second signature breaks the first": ["test_every_revision_extends_the_previous_bytes"],
    "order that only orders e-mails": ["test_later_signatory_is_refused_before_the_turn"],
    "whoever has the link can sign": ["test_link_without_login_changes_nothing"],
    "signed file differs from the screen": ["test_page_pdf_and_json_say_the_same"],
    "partly signed document edited": ["test_issued_content_cannot_change"],
    "proof of a factor usable from another browser": ["test_step_up_is_useless_elsewhere"],
    "refusing needs no factor, reason may be empty": ["test_refusal_needs_factor_and_reason"],
    "audit entry overwritten, trail forgets": [
        "test_audit_row_cannot_be_rewritten",
        "test_trail_keeps_acts_before_a_change_of_holder",
    ],
    "times without a zone, address lost behind a proxy": [
        "test_every_printed_time_has_its_offset",
        "test_client_address_from_trusted_proxies_only",
    ],
    "consent shown but not stored": ["test_consent_version_is_kept_per_act"],
    "PDF sealed as received, any file accepted": [
        "test_client_bytes_are_never_sealed",
        "test_return_address_never_skips_the_gate",
    ],
    "the tool drops earlier signatures": ["test_rewritten_upload_is_named"],
    "lost letters in names, code covers text": [
        "test_vietnamese_survives_extraction",
        "test_code_and_boxes_overlap_no_text",
    ],
    "no void, no supersede, no public check": ["test_void_and_supersede_show_publicly"],
    "pages as unlabelled pictures": ["test_ceremony_by_keyboard_with_names_and_roles"],
    # seen in the library that we sign with
    "two parties sign one revision: a fork": [
        "test_two_parties_who_sign_the_same_revision_both_get_a_valid_file",
        "test_two_who_have_both_signed_bytes_enter_the_record_once",
    ],
    "a signature after the last, locking one": ["test_no_field_is_signed_twice_and_none_is_added"],
    "a document timestamp between acts": ["test_last_place_is_signed_after_everything_before_it"],
}

# Two at once -> the tests in which one wins and the other is told.
RACES = {
    "two undertakers on one revision": ["test_two_undertakers_at_once_leave_one_signature"],
    "one button twice": ["test_one_head_twice_at_once_leaves_one_signature"],
    "signing against voiding": ["test_signing_against_voiding_leaves_one_of_them"],
    "signing against returning": ["test_signing_against_returning_leaves_one_of_them"],
    "a file from outside against an act online": [
        "test_file_from_outside_and_act_online_at_once_leave_one"
    ],
    "two countersigners": ["test_two_countersigners_at_once_leave_one_countersignature"],
    "two browsers at one field": ["test_two_browsers_sign_one_field_at_once"],
    "without the locks": [
        "test_without_the_lock_the_race_is_lost",
        "test_without_the_chains_lock_two_read_the_same_end",
    ],
}

# What a confirmation must not serve -> the tests that try it.
REPLAYS = {
    "after its use": ["test_an_answer_serves_once", "test_a_used_code_is_refused_for_the_next_act"],
    "from another login, by another person": [
        "test_an_answer_from_another_login_or_person_is_refused"
    ],
    "for another document": ["test_an_answer_for_another_document_is_wrong"],
    "for another revision": ["test_an_answer_for_the_state_before_serves_no_later_one"],
    "for another act, reading or slot": [
        "test_an_answer_for_another_act_reading_slot_or_state_is_wrong"
    ],
    "after two minutes": ["test_an_answer_is_good_for_two_minutes"],
    "after the key was removed": ["test_a_key_that_was_removed_meanwhile_proves_nothing"],
    "after the office was lost": ["test_a_term_that_ended_meanwhile_is_refused"],
    "a time step twice, whatever the cache holds": ["test_the_database_refuses_a_time_step_twice"],
    "without the person verified, from a foreign page": [
        "test_a_foreign_page_or_an_unverified_person_proves_nothing"
    ],
    "with a swapped statement": ["test_a_swapped_statement_is_neither_stored_nor_believed"],
    "checked again with the account gone": [
        "test_a_stored_proof_is_checked_again_without_account_and_key"
    ],
}

# Rule -> the hostile files that it must refuse, by their names in `uploads.CASES`.
FILES = {
    "G02": "too large",
    "G03": "a picture",
    "G04": "unsigned copy; cut at the revision handed out",
    "G05": "cut in what was handed out; cut in the signature; cut before the end mark; "
    "cut by its last byte",
    "G06": "earlier revision; earlier revision, signed",
    "G07": "other commitment",
    "G08": "saved anew; printed anew; prepared for swapping; broken earlier signature",
    "G09": "object bomb; compression bomb; arrays without end; table that leads to itself; "
    "tables that lead to each other; object that is itself",
    "G10": "broken cross-reference; circular page tree",
    "G11": "encrypted",
    "G12": "open action; open action after signing; script; attachment; attachment after signing; "
    "note with a file; start of a program; rich media; XFA form; link over the text",
    "G13": "one signature in two fields",
    "G14": "no new signature; two new signatures; a stranger's over the text",
    "G15": "own field; other slot's field; field on no page",
    "G16": "gap in what is covered; start not covered; end not covered; overlap",
    "G17": "page after signing; text after signing; note after signing; "
    "visible field after signing; comment after the end",
    "G18": "page before signing; text before signing; note before signing; "
    "visible field before signing; field without an area before signing; comment before signing",
    "G19": "exchanged seal",
    "G20": "other subfilter",
    "G21": "two signers; encapsulated content; no signed attributes; no certificate named; "
    "no digest attribute",
    "G22": "SHA-1; RSA-1024; curve below P-256",
    "G23": "flipped byte in the value; flipped byte in the revision",
    "G24": "unknown root; name-alike root; self-signed",
    "G25": "digital signature only",
    "G26": "expired; not yet valid",
    "G27": "revoked; revoked by answer",
    "G28": "token with another imprint; token of an unknown service",
    "G29": "back-dated; post-dated; back-dated token",
    "G34": "locks the file for those who follow",
}
# What the bytes alone do not tell: (case, rule) -> test, which names its rule.
RECORDED = {
    ("time of the hand-out is over", "G01"): "test_late_file_is_refused",
    ("cut anywhere", "G05"): "test_file_cut_anywhere_is_incomplete",
    ("other version", "G07"): "test_file_of_another_version_is_named",
    ("unregistered", "G30"): "test_certificate_counts_for_its_person_alone",
    ("colleague under the same authority", "G31"): "test_certificate_counts_for_its_person_alone",
    ("registration ended", "G31"): "test_certificate_whose_use_ended_meanwhile_is_refused",
    (
        "same CMS again",
        "G32",
    ): "test_signature_that_is_known_from_anywhere_is_refused_by_its_rule",
    ("late file", "G33"): "test_what_happened_meanwhile_is_told",
}
# Where a process dies -> the test that finds nothing or the whole of it.
KILLED = {
    "test_a_kill_while_preparing_binds_nobody": (PREPARING, {"receipt", "statement"}),
    "test_a_kill_leaves_nothing_or_the_whole_act": (
        POINTS,
        {"factor", "signing", "seal-use", "proof", "tail", "act", "entry", "state", "commit"},
    ),
    "test_a_kill_around_the_timestamp_leaves_nothing_and_never_an_act_without_its_token": (
        STAMPED,
        {"asked", "timestamp"},
    ),
    "test_a_kill_while_issuing_leaves_a_draft_or_the_whole_document": (
        ISSUING,
        {"rendering", "signing", "seal-use", "document", "entry", "state", "commit"},
    ),
    "test_a_kill_while_the_register_is_closed_leaves_each_step_undone_or_whole": (
        CLOSING,
        {"link", "numbered", "signed", "checkpoint", "put", "publish"},
    ),
}


@pytest.fixture(scope="module")
def tests() -> dict[str, str]:
    """Return the text of every test by its name."""
    found: dict[str, str] = {}
    for file in TESTS.rglob("test_*.py"):
        text = file.read_text(encoding="utf-8")
        for node in ast.parse(text).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                above = min([node.lineno, *(row.lineno for row in node.decorator_list)])
                found[node.name] = "\n".join(text.splitlines()[above - 1 : node.end_lineno])
    return found


@pytest.mark.parametrize("cases", [MISTAKES, RACES, REPLAYS], ids=["mistakes", "races", "replays"])
def test_each_case_has_its_tests(cases, tests):
    wanted = {name for names in cases.values() for name in names}
    assert wanted - tests.keys() == set()


def test_each_hostile_file_is_refused_by_its_rule():
    listed = {rule: set(names.split("; ")) for rule, names in FILES.items()}
    by_rule: dict[str, set[str]] = defaultdict(set)
    for name, case in CASES.items():
        by_rule[case.rule].add(name)
    assert by_rule == listed


def test_whatever_is_added_fails_without_the_prefix_rule_too():
    behind = [rule for rule in FILES if "G12" <= rule <= "G19" and rule not in {"G20"}]
    alone = {name: case.alone for name, case in CASES.items() if case.rule in behind}
    assert alone == {name: CASES[name].rule for name in alone}
    assert CASES["broken earlier signature"].alone == "G19"
    assert len(GOOD) >= 8


def test_what_the_bytes_do_not_tell_has_its_test_and_rule(tests):
    missing = [
        (case, rule) for (case, rule), name in RECORDED.items() if rule not in tests.get(name, "")
    ]
    assert missing == []


def test_a_timestamp_service_fails_in_every_way():
    assert set(FAULTS) >= {"slow", "http-error", "wrong-nonce", "wrong-imprint", "late-clock"}


def test_a_process_is_killed_at_each_named_point(tests):
    for name, (points, wanted) in KILLED.items():
        assert name in tests
        assert wanted <= points.keys(), name
