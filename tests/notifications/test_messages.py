"""Every message in both languages: whole, in that language alone, and harmless to mail programs."""

import re
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default

import pytest
from django.utils import translation

from notifications import messages
from notifications.channels.letters import Letter, build
from notifications.enums import NoticeKind

FACTS = {
    "program": "Kho dữ liệu tỉnh",
    "why": "Bên nhận đã lỗi suốt ba ngày.",
    "number": "07/CK-2024",
    "n": "2",
    "unit": "Xã Hương Sơn",
    "plan": "Năm 2024",
    "due": "31/01/2024",
    "days": "3",
    "answer_by": "19/02/2024",
    "original_due": "30/06/2022",
    "actor": "Trần Thị Bình",
    "office": "Bí thư Đảng ủy",
    "role": "",
    "when": "20/02/2024 08:00 (UTC+7)",
    "audience": "Lãnh đạo phụ trách",
    "name": "Nguyễn Văn An",
    "url": "https://commitments.example.org/commitments/2024-huong-son/",
    "demonstration": "",
    "reports": "12 báo cáo",
    "period": "Tháng 3",
    "person": "Lê Văn Cường",
    "title": "Hộ dùng nước sạch",
    "wanted": "ít nhất 95 %",
    "task": "Chuẩn bị số liệu",
    "state": "Chấp nhận",
    "username": "cuong",
    "first": "22/02/2024",
    "last": "23/02/2024",
    "code": "N07.1",
    "remedy": "Bố trí vốn trong quý I.",
    "since": "12/02/2024",
    "until": "21/02/2024 08:00 (UTC+7)",
}
PLACEHOLDER = re.compile(r"%\((\w+)\)s")
ENGLISH = re.compile(r"\b(the|you|commitment|please|signed|office|follows)\b", re.IGNORECASE)
AT = datetime(2024, 2, 1, 1, 0, tzinfo=UTC)
both_languages = pytest.mark.parametrize("language", ["vi", "en"])
every_message = pytest.mark.parametrize("key", sorted(messages.MESSAGES))


def letter(message=None, **changes) -> Letter:
    made = Letter(
        key="11111111-1111-4111-8111-111111111111",
        to_name="Nguyễn Văn An",
        to_address="an@example.org",
        subject=message.subject if message else "Subject",
        text=message.text if message else "Text",
        html=message.html if message else "<p>Text</p>",
        language="vi",
        at=AT,
    )
    return made._replace(**changes)


def built(made: Letter):
    return build(made, sender="Cam kết <commitments@example.org>", domain="example.org")


@pytest.mark.parametrize("ahead", range(1, 40))
def test_no_blank_is_lost_where_a_subject_is_folded(ahead):
    """Wherever the line breaks: what stands ahead shifts the rest along."""
    subject = (
        "x" * ahead + " bản cam kết của Trung tâm Dịch vụ Minh họa bị từ chối ký, hạn ngày 22/05"
    )
    sent = built(letter(subject=subject)).as_bytes()

    assert message_from_bytes(sent, policy=default)["Subject"] == subject
    assert max(map(len, sent.splitlines())) <= 78


@both_languages
@every_message
def test_a_message_says_what_why_and_what_follows(key, language):
    made = messages.compose(key, FACTS, language=language)

    for text in (made.subject, made.text, made.html):
        assert "%(" not in text
        assert "  " not in re.sub(r"\n\s*", "\n", text)
    assert "\n" not in made.subject
    with translation.override(language):
        said = [messages.matter(key, FACTS), messages.reason(FACTS)]
        said.append(messages.what_follows(key, FACTS))
    for sentence in [*said, FACTS["name"], FACTS["url"]]:
        assert sentence in made.text
    assert made.text.endswith("\n")
    assert f'<html lang="{language}">' in made.html
    assert f'href="{FACTS["url"]}"' in made.html


@every_message
def test_a_vietnamese_message_has_no_english_in_it(key):
    made = messages.compose(key, FACTS, language="vi")
    assert ENGLISH.findall(made.subject + made.text.replace(FACTS["url"], "")) == []


@every_message
def test_both_languages_name_the_same_facts(key):
    def facts_named(language):
        with translation.override(language):
            row = messages.MESSAGES[key]
            return [set(PLACEHOLDER.findall(str(text))) for text in row]

    assert facts_named("vi") == facts_named("en")
    assert set.union(*facts_named("vi")) <= set(FACTS)


@both_languages
def test_without_a_next_step_the_message_says_so(language):
    facts = FACTS | {"when": "", "audience": ""}
    made = messages.compose("sign-late-watch", facts, language=language)
    with translation.override(language):
        assert str(messages.NOTHING_FOLLOWS) in made.text


@both_languages
def test_what_a_text_says_of_the_future_and_the_next_step_are_both_said(language):
    made = messages.compose("case-extension-proposed", FACTS, language=language)
    with translation.override(language):
        after = str(messages.MESSAGES["case-extension-proposed"].after)
        assert f"{after} {str(messages.NEXT_STEP) % FACTS}" in made.text
        made = messages.compose("row-handed-over", FACTS, language=language)
        assert str(messages.NOTHING_FOLLOWS) not in made.text  # for something does
        assert FACTS["when"] in made.text


@both_languages
def test_a_role_is_named_where_no_office_is(language):
    facts = FACTS | {"office": "", "role": "Giám sát"}
    assert "Giám sát" in messages.compose("sign-late-watch", facts, language=language).text


@both_languages
def test_demonstration_data_is_marked_as_such(language):
    made = messages.compose("sign-due", FACTS | {"demonstration": "yes"}, language=language)
    mark = {"en": "DEMONSTRATION", "vi": "MINH HỌA"}[language]
    assert mark in made.text.splitlines()[0].upper()
    assert mark in made.html.upper()


def test_no_words_of_anybody_become_markup():
    facts = FACTS | {"actor": "<b>Nobody</b>", "unit": "A & B"}
    made = messages.compose("refused", facts, language="en")
    assert "&lt;b&gt;Nobody&lt;/b&gt;" in made.html
    assert "<b>Nobody</b>" in made.text
    assert "A & B" in made.subject


def test_an_unknown_message_is_an_error():
    with pytest.raises(KeyError):
        messages.compose("nothing", FACTS, language="en")


def test_every_kind_has_a_label_in_both_languages():
    for kind in NoticeKind:
        with translation.override("vi"):
            vietnamese = str(kind.label)
        with translation.override("en"):
            assert str(kind.label) != vietnamese


# --- the letter -----------------------------------------------------------------------------------


@both_languages
@every_message
def test_a_letter_reads_back_as_it_was_written_and_is_ascii_on_the_way(key, language):
    message = messages.compose(key, FACTS, language=language)
    made = built(letter(message, language=language))

    sent = made.as_bytes()
    assert sent.isascii()  # no server on the way needs 8BITMIME
    assert max(map(len, sent.split(b"\r\n"))) <= 998
    assert made["Subject"] == message.subject
    for kind, text in (("plain", message.text), ("html", message.html)):
        assert made.get_body((kind,)).get_content().splitlines() == text.splitlines()
    assert (made["Content-Language"], made["Auto-Submitted"]) == (language, "auto-generated")
    assert made["Message-ID"] == "<11111111-1111-4111-8111-111111111111@example.org>"
    assert made["Date"].datetime == AT


@pytest.mark.parametrize("sign", ["\r", "\n", "\r\nBcc: all@example.org", "\0"])
@pytest.mark.parametrize("field", ["subject", "to_name", "to_address", "key"])
def test_a_line_break_in_a_header_is_refused(field, sign):
    with pytest.raises(ValueError, match="line-break"):
        built(letter(**{field: f"an@example.org{sign}"}))


@pytest.mark.parametrize("address", ["", "an", "@example.org", "an@", "ăn@example.org"])
def test_what_is_no_address_is_refused(address):
    with pytest.raises(ValueError, match="bad-address"):
        built(letter(to_address=address))


def test_a_host_with_accents_travels_as_ascii():
    made = built(letter(to_address="an@bưu-điện.example"))
    assert made["To"].addresses[0].domain.startswith("xn--")


def test_a_name_with_every_sign_of_addresses_stays_a_name():
    name = 'An "B" <c@d.e>, (Xã)'
    made = built(letter(to_name=name))
    assert [address.addr_spec for address in made["To"].addresses] == ["an@example.org"]
    assert made["To"].addresses[0].display_name == name
