"""Contents as `actions/documents.py` makes them, without rows: offices, items, slots."""

from typing import Any

from units.rules import canonical

CODE = "7K3M9Q2XW8D4T6RZ5"
RESOLUTION = {
    "number": "",
    "title_vi": "Nghị quyết chuyên đề về nhiệm vụ năm 2024",
    "title_en": "Thematic resolution on the tasks of 2024",
    "signed_on": "2024-02-02",
}
SECRETARY = ("bx-hu-bt", "Bí thư Huyện ủy", "Secretary of the District Party Committee")
UNDERTAKERS = [
    ("huong-son-bt", "Bí thư Đảng ủy xã Hương Sơn", "Secretary of Hương Sơn commune"),
    ("huong-son-ct", "Chủ tịch Ủy ban nhân dân xã Hương Sơn", "Chair of Hương Sơn commune"),
]


def item(ordinal: int = 1, **changes: Any) -> dict[str, Any]:
    """Return one item; `changes` replace what it says."""
    return {
        "ordinal": ordinal,
        "target": f"2024-{ordinal:02}-huong-son",
        "revision": 1,
        "code": f"H17.{ordinal}",
        "group": {
            "code": "H17",
            "title_vi": "Nhiệm vụ huyện giao thêm",
            "title_en": "Tasks added by the district",
        },
        "role": "lead",
        "title_vi": f"Cấp giấy chứng nhận quyền sử dụng đất lần đầu, đợt {ordinal}",
        "title_en": f"First land-use certificates, series {ordinal}",
        "kind": "count",
        "mode": "reach",
        "comparator": "ge",
        "value": "1021",
        "upper": None,
        "decimals": 0,
        "uom_vi": "giấy",
        "uom_en": "certificates",
        "words_vi": "ít nhất 1.021 giấy",
        "words_en": "at least 1,021 certificates",
        "baseline": {
            "value": "1019",
            "period": "2023",
            "text_vi": "1.019 giấy",
            "text_en": "1,019 certificates",
        },
        "roadmap": [
            {
                "period": f"2024-{month:02}",
                "name_vi": f"Tháng {month}/2024",
                "name_en": f"Month {month} of 2024",
                "value": str(value),
                "text_vi": f"{value} giấy",
                "text_en": f"{value} certificates",
            }
            for month, value in ((3, 50), (6, 400), (9, 800))
        ],
        "mandate": RESOLUTION,
        "clause": "",
        "provenance": "sourced",
        **changes,
    }


def content(*, items: list[dict[str, Any]] | None = None, undertakers: int = 1, **changes: Any):
    """Return a content of one version with `undertakers` offices on the undertaking side."""
    offices = UNDERTAKERS[:undertakers]
    slots = [
        ("undertaker", 1, "huong-son", office, f"undertaker-{place}")
        for place, office in enumerate(offices, start=1)
    ]
    slots.append(("assigner", 2, "bx-hu", SECRETARY, "assigner"))
    return {
        "v": 1,
        "kind": "commitment",
        "ref": "2024-bx-huong-son",
        "number": "07/CK-2024",
        "version": 1,
        "language": "vi",
        "demonstration": False,
        "code": CODE,
        "period": {
            "code": "2024",
            "name_vi": "Năm 2024",
            "name_en": "Year 2024",
            "starts_on": "2024-01-01",
            "ends_on": "2024-12-31",
        },
        "issued_on": "2024-02-02",
        "sign_by": "2024-05-20",
        "predecessor": None,
        "parties": [
            party("assigner", "bx-hu", "Huyện ủy Bình Xuyên", "District Committee", [SECRETARY]),
            party("undertaker", "huong-son", "Xã Hương Sơn", "Hương Sơn commune", offices),
        ],
        "terms": {
            "items": [item()] if items is None else items,
            "obligations_vi": "Bên cam kết thực hiện đúng hạn và báo cáo kết quả từng kỳ.",
            "obligations_en": "The undertaking side acts in time and reports every period.",
        },
        "slots": [
            {
                "ordinal": ordinal,
                "turn": turn,
                "role": role,
                "unit": unit,
                **titled(office),
                "office": office[0],
                "grade": "online",
                "field": field,
            }
            for ordinal, (role, turn, unit, office, field) in enumerate(slots, start=1)
        ],
        **changes,
    }


def party(side: str, ref: str, name_vi: str, name_en: str, offices) -> dict[str, Any]:
    return {
        "side": side,
        "unit": {"ref": ref, "name_vi": name_vi, "name_en": name_en},
        "offices": [{"ref": office[0], **titled(office)} for office in offices],
    }


def titled(office: tuple[str, str, str]) -> dict[str, str]:
    return {"title_vi": office[1], "title_en": office[2]}


def text_of(**changes: Any) -> str:
    """Return the canonical text of `content(**changes)`."""
    return canonical.text(content(**changes))
