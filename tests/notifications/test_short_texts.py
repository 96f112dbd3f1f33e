"""One text message says the matter, why it came and where to look, in both languages, in its room."""

import re

from django.utils import translation

from notifications import messages
from notifications.messages import short
from tests.notifications.test_messages import FACTS, both_languages, every_message

URL = "https://camket.huyen-minh-hoa.example.vn/inbox/1234567/"


@both_languages
@every_message
def test_every_message_fits_one_text_and_never_loses_where_to_look(key, language):
    said = short.compose(key, FACTS, url=URL, more=0, language=language)
    assert short.length(said.plain) <= short.LONGEST
    assert said.plain.isascii()
    assert said.plain.endswith(URL)
    assert said.text.endswith(URL)
    with translation.override(language):
        headline = messages.headline(key, FACTS)
    assert said.text.startswith(headline)
    assert FACTS["office"] in said.text
    assert short.plain(FACTS["office"]) in said.plain
    assert short.plain(headline)[:40] in said.plain  # the number and the verb are in front


@both_languages
def test_why_it_came_is_said_of_an_office_a_role_a_deputy_and_an_account(language):
    def said(**facts):
        made = short.compose("sign-due", FACTS | facts, url="u", more=0, language=language)
        return made.text

    texts = {
        said(),
        said(office="", role="Giám sát"),
        said(office="", role=""),
        said(absent="Lê Văn Cường"),
    }
    assert len(texts) == 4
    assert sum("Giám sát" in text for text in texts) == 1
    assert sum("Lê Văn Cường" in text for text in texts) == 1


def test_vietnamese_without_accents_keeps_every_letter_and_sign():
    words = "Đề nghị ký: “Xã Hương Sơn” – hạn 31/01/2024, đạt ≥ 95 %… đ Ư ư Ơ ơ Ẵ ỹ"
    assert short.plain(words) == (
        'De nghi ky: "Xa Huong Son" - han 31/01/2024, dat ? 95 %... d U u O o A y'
    )


def test_a_matter_that_is_too_long_is_cut_at_a_word_and_the_rest_is_whole():
    said = short.of_parts("word " * 60, "Sent to you as head.", "See https://a.example/1")
    assert len(said.plain) <= 160
    assert re.search(r"word\.\.\. Sent to you as head\. See https://a\.example/1$", said.plain)
    assert said.text.count("word") == 60
    long = short.of_parts("Ký.", "Gửi " + "rất dài " * 30, "Xem u")
    assert len(long.plain) <= 160
    assert long.plain.endswith("... Xem u")


@both_languages
def test_a_code_comes_first_and_is_whole(language):
    said = short.code_text("012345", URL, language=language)
    assert said.plain.startswith("012345") or "012345" in said.plain[:40]
    assert len(said.plain) <= 160
