"""Who holds which office in the demonstration, who has which role, and who is introduced.

Every person is invented, named after trees and rivers; likeness is accidental.
"""

from dataclasses import dataclass
from datetime import date

from units.enums import OversightLevel, Role, Tree

Who = tuple[str, str]  # (username, full name)
_P, _A = Tree.PARTY, Tree.ADMIN


@dataclass(frozen=True)
class Office:
    """An office and who holds it. `is_head`: in the line `tree`."""

    ref: str
    unit: str
    title_vi: str
    title_en: str
    tree: Tree
    holder: Who
    is_head: bool = True
    watches: OversightLevel | None = None  # the whole district, in both lines


def _communal(short: str, secretary: Who, chair: Who) -> list[Office]:
    unit = f"bx-{short}"
    return [
        Office(f"{short}-bi-thu", unit, "Bí thư Đảng ủy", "Party secretary", _P, secretary),
        Office(
            f"{short}-chu-tich",
            unit,
            "Chủ tịch Ủy ban nhân dân",
            "Chair of the People's Committee",
            _A,
            chair,
        ),
    ]


def _head(ref: str, title_vi: str, title_en: str, holder: Who, tree: Tree = _P) -> Office:
    """The head office of a body whose reference the office's one begins with."""
    return Office(ref, f"bx-{ref.split('-')[0]}", title_vi, title_en, tree, holder)


OFFICES = [
    Office(
        "hu-bi-thu",
        "bx-hu",
        "Bí thư Huyện ủy",
        "Secretary of the District Party Committee",
        _P,
        ("tung", "Âu Trường Tùng"),
        watches=OversightLevel.STANDING_COMMITTEE,
    ),
    Office(
        "ubnd-pho-chu-tich",
        "bx-ubnd",
        "Phó Chủ tịch Ủy ban nhân dân huyện",
        "Vice chair of the District People's Committee",
        _A,
        ("lieu", "Tiêu Hồng Liễu"),
        is_head=False,
        watches=OversightLevel.LEADER_IN_CHARGE,
    ),
    Office(
        "vphu-theo-doi",
        "bx-vphu",
        "Chuyên viên theo dõi",
        "Supervising officer",
        _P,
        ("bach", "Cung Văn Bách"),
        is_head=False,
        watches=OversightLevel.SUPERVISOR,
    ),
    Office(
        "bx-dau-moi",
        "bx",
        "Đầu mối chỉ tiêu của huyện",
        "Focal point for the district's targets",
        _A,
        ("khe", "Mông Văn Khế"),
        is_head=False,
    ),
    *_communal("huong-canh", ("vong", "Lạc Văn Vông"), ("mo", "Khổng Thị Mơ")),
    *_communal("gia-khanh", ("de", "Bế Văn Dẻ"), ("bong", "Đới Thị Bòng")),
    *_communal("trung-my", ("nhan", "Thẩm Văn Nhãn"), ("buoi", "Lều Thị Bưởi")),
    *_communal("ba-hien", ("lim", "Kha Văn Lim"), ("dau", "Tống Thị Dâu")),
    *_communal("thien-ke", ("xoan", "Diệp Thị Xoan"), ("soi", "Thạch Văn Sồi")),
    *_communal("huong-son", ("duoc", "Ninh Văn Đước"), ("man", "Lạc Thị Mận")),
    *_communal("tam-hop", ("sau", "Ngạc Văn Sấu"), ("me", "Bành Thị Me")),
    *_communal("quat-luu", ("gao", "Nhữ Văn Gạo"), ("da", "Bạch Văn Đa")),
    *_communal("son-loi", ("nghien", "Chử Văn Nghiến"), ("tao", "Kim Thị Táo")),
    *_communal("dao-duc", ("chay", "Mạch Văn Chảy"), ("bua", "Phó Thị Bứa")),
    Office(  # both posts in one person, who signs once
        "tan-phong-bi-thu",
        "bx-tan-phong",
        "Bí thư Đảng ủy, Chủ tịch Ủy ban nhân dân",
        "Party secretary and chair of the People's Committee",
        _P,
        ("sung", "Cù Văn Sung"),
    ),
    *_communal("thanh-lang", ("sua", "Giang Văn Sưa"), ("lan", "Từ Thị Lan")),
    *_communal("phu-xuan", ("trac", "Khúc Văn Trắc"), ("sen", "Hứa Thị Sen")),
    _head(
        "btc-truong-ban",
        "Trưởng ban Tổ chức Huyện ủy",
        "Head of the Organizing Committee",
        ("hop", "Ông Văn Hóp"),
    ),
    _head(
        "btg-truong-ban",
        "Trưởng ban Tuyên giáo Huyện ủy",
        "Head of the Propaganda and Education Committee",
        ("cam", "Thi Văn Cam"),
    ),
    _head(
        "bdv-truong-ban",
        "Trưởng ban Dân vận Huyện ủy",
        "Head of the Mass Mobilisation Committee",
        ("cuc", "La Thị Cúc"),
    ),
    _head(
        "ubkt-chu-nhiem",
        "Chủ nhiệm Ủy ban Kiểm tra Huyện ủy",
        "Chair of the Inspection Committee",
        ("thao", "Quản Văn Thao"),
    ),
    _head(
        "vphu-chanh-van-phong",
        "Chánh Văn phòng Huyện ủy",
        "Head of the District Party Office",
        ("tram", "Mạc Văn Trầm"),
    ),
    _head(
        "mttq-chu-tich",
        "Chủ tịch Ủy ban Mặt trận Tổ quốc huyện",
        "Chair of the Fatherland Front Committee",
        ("bang", "Lục Văn Bằng"),
    ),
    _head(
        "ldld-chu-tich",
        "Chủ tịch Liên đoàn Lao động huyện",
        "Chair of the Labour Federation",
        ("gam", "Lữ Văn Gâm"),
    ),
    _head(
        "hnd-chu-tich",
        "Chủ tịch Hội Nông dân huyện",
        "Chair of the Farmers' Union",
        ("quynh", "Ung Văn Quỳnh"),
    ),
    _head(
        "hpn-chu-tich",
        "Chủ tịch Hội Liên hiệp Phụ nữ huyện",
        "Chair of the Women's Union",
        ("ngau", "Vi Thị Ngâu"),
    ),
    _head("dtn-bi-thu", "Bí thư Huyện đoàn", "Secretary of the Youth Union", ("dao", "Ma Văn Đào")),
    _head(
        "ccb-chu-tich",
        "Chủ tịch Hội Cựu chiến binh huyện",
        "Chair of the Veterans' Association",
        ("tich", "Hầu Văn Tích"),
    ),
    Office(
        "p-tckh-truong-phong",
        "bx-p-tckh",
        "Trưởng phòng Tài chính – Kế hoạch",
        "Head of Finance and Planning",
        _A,
        ("ngoi", "Đàm Thị Ngòi"),
    ),
    Office(
        "p-tnmt-truong-phong",
        "bx-p-tnmt",
        "Trưởng phòng Tài nguyên và Môi trường",
        "Head of Natural Resources and Environment",
        _A,
        ("suoi", "Mông Văn Suối"),
    ),
    _head(
        "f1-giam-doc",
        "Giám đốc Ban Quản lý dự án",
        "Director of the Project Board",
        ("lo", "Phí Văn Lô"),
        _A,
    ),
    _head(
        "f2-giam-doc", "Giám đốc Trung tâm", "Director of the Centre", ("cau", "Viên Thị Cầu"), _A
    ),
    _head("f3-doi-truong", "Đội trưởng", "Head of the Team", ("day", "Doãn Văn Đáy"), _A),
]

ACTING = (
    "hnd-chu-tich",
    ("ngai", "Quách Thị Ngải"),
    date(2024, 5, 2),
    date(2024, 8, 1),
    "18-QĐ/HU",
)
LEAVES = ("quat-luu-chu-tich", date(2024, 4, 16))  # nobody follows

ROLES = [  # (username, full name, role, units); (): the whole body
    ("truc", "Nghiêm Thị Trúc", Role.PLANNER, ("bx", "bx-hu")),
    ("bach", "Cung Văn Bách", Role.SUPERVISOR, ("bx", "bx-hu")),
    ("tung", "Âu Trường Tùng", Role.ASSIGNER, ("bx", "bx-hu")),
    ("sim", "Mạc Thị Sim", Role.REPORTER, ("bx-son-loi",)),
    ("thong", "Lục Văn Thông", Role.VERIFIER, ("bx", "bx-hu")),
    ("say", "Doãn Thị Sậy", Role.RECORDS_OFFICER, ("bx", "bx-hu")),
    ("que", "Khuất Thị Quế", Role.INSPECTOR, ()),
    ("vien", "Viên Văn Tre", Role.ADMINISTRATOR, ()),
]
NO_ROLE = ("ta", "Tạ Văn Cau")

PERSONAS = [  # (username, role as told to a newcomer, unit, what to try first)
    ("soi", "head", "bx-thien-ke", "sign version 2: it is late, and your secretary has signed"),
    ("ngai", "acting head", "bx-hnd", "sign as acting chair of the Farmers' Union"),
    ("duoc", "head", "bx-huong-son", "see a commitment in force and what changed in version 2"),
    ("bach", "supervisor", "bx-vphu", "work the queue: remind who is late, see who is missing"),
    (
        "truc",
        "planner",
        "bx-vphu",
        "answer F2 and Phú Xuân, issue the draft of the Party Office",
    ),
    ("tung", "assigner", "bx-hu", "countersign Thanh Lãng and Sơn Lôi"),
    ("lieu", "leader in charge", "bx-ubnd", "read what was escalated to you"),
    ("sim", "reporter", "bx-son-loi", "mend the three reports of April that were returned"),
    (
        "thong",
        "verifier",
        "bx-p-tckh",
        "verify a few of the reports that wait, return one with a reason",
    ),
    ("que", "inspector", "bx-ubkt", "read everything, change nothing"),
    ("say", "records officer", "bx-vphu", "find a document and its verification code"),
    ("vien", "administrator", "bx", "units, people, appointments, kept mail, status"),
    ("ta", "no role yet", "", "see what somebody without an office sees"),
]
