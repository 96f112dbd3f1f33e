"""What changed between two contents, told field by field in both languages."""

from commitments.rules.commitments import told_changes
from tests.commitments.documents.contents import content, item


def lines_of(row, language="en"):
    return {
        line[f"label_{language}"]: (line[f"before_{language}"], line[f"after_{language}"])
        for line in row["lines"]
    }


def test_equal_contents_differ_in_nothing():
    moved = [item(2) | {"ordinal": 1}, item(1) | {"ordinal": 2}]  # the place is no term
    assert told_changes(content(items=[item(1), item(2)]), content(items=moved)) == []


def test_each_field_is_told_before_and_after_in_both_languages():
    step = {"title_vi": "Trình", "title_en": "Submit", "due_on": "2024-03-01", "weight": "12.5"}
    share = {"label_vi": "Xã", "label_en": "Commune", "value": "7"}
    now = item(
        1,
        revision=2,
        role="support",
        words_vi="ít nhất 1.200 giấy",
        words_en="at least 1,200 certificates",
        value="1200",
        comparator="ge",
        baseline=None,
        roadmap=[],
        steps=[step],
        shares=[share],
        clause="điểm a",
        group={"code": "H18", "title_vi": "Nhóm khác", "title_en": "Another group"},
        mandate={"number": "5-QĐ", "title_vi": "Quyết định", "title_en": "Decision"}
        | {"signed_on": None},
    )

    (row,) = told_changes(content(items=[item(1)]), content(items=[now]))

    assert (row["code"], row["change"], row["title_en"]) == (
        "H17.1",
        "changed",
        "First land-use certificates, series 1",
    )
    assert lines_of(row) == {
        "Task group": ("H17 Tasks added by the district", "H18 Another group"),
        "Role": ("Lead", "Support"),
        "To be reached": ("at least 1,021 certificates", "at least 1,200 certificates"),
        "Baseline": ("1,019 certificates (2023)", ""),
        "Roadmap": (
            "; ".join(
                f"Month {month} of 2024: {value} certificates"
                for month, value in ((3, 50), (6, 400), (9, 800))
            ),
            "",
        ),
        "Steps": ("", "01/03/2024: Submit (12.5 %)"),
        "Shares": ("", "Commune: 7"),
        "Mandate": ("Thematic resolution on the tasks of 2024, 02/02/2024", "Decision 5-QĐ"),
        "Clause": ("", "điểm a"),
        "Revision": ("1", "2"),
    }
    told = lines_of(row, "vi")
    assert told["Mức phải đạt"] == ("ít nhất 1.021 giấy", "ít nhất 1.200 giấy")
    assert told["Các bước"] == ("", "01/03/2024: Trình (12,5 %)")


def test_a_field_that_no_text_speaks_of_is_told_as_it_is():
    """The words round 1 020.9 to 1 021: what is behind them must not change unseen."""
    (row,) = told_changes(content(items=[item(1)]), content(items=[item(1, value="1020.9")]))
    assert lines_of(row) == {"value": ("1021", "1020.9")}


def test_items_that_came_and_went_and_parties_that_changed_are_rows_of_their_own():
    before = content(items=[item(1), item(2)], undertakers=1)
    after = content(items=[item(1), item(3)], undertakers=2)
    after["terms"]["obligations_en"] = "Another duty."

    gone, came, sides = told_changes(before, after)

    assert (gone["code"], gone["change"]) == ("H17.2", "removed")
    assert lines_of(gone)["To be reached"] == ("at least 1,021 certificates", "")
    assert (came["code"], came["change"]) == ("H17.3", "added")
    assert lines_of(came)["To be reached"] == ("", "at least 1,021 certificates")
    assert "Name" not in lines_of(came)  # stands in the row's own title
    assert sides["code"] == ""
    assert lines_of(sides) == {
        "Undertaking side": (
            "Hương Sơn commune; Secretary of Hương Sơn commune",
            "Hương Sơn commune; Secretary of Hương Sơn commune; Chair of Hương Sơn commune",
        ),
        "Obligations": (
            "The undertaking side acts in time and reports every period.",
            "Another duty.",
        ),
    }
