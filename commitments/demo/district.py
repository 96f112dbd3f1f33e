"""The demonstration district as data: units, offices, people, plan.

Names and codes of public units are real and their behaviour is invented; every person is fictional.
Whatever is built from here is marked as demonstration data.
"""

from dataclasses import dataclass
from datetime import date

from commitments.enums import Field, IndicatorKind, Nature
from units.enums import OversightLevel, Role, Tree, UnitKind

PASSWORD = "binh-xuyen-2024"  # noqa: S105  # known to everybody: a demonstration never leaves this machine
BEGINNING = date(2020, 7, 1)  # of the term; units and offices exist from here on

CLOSED_2024 = [
    (date(2024, 1, 1), "Tết Dương lịch"),
    *[(date(2024, 2, day), "Tết Nguyên đán") for day in range(8, 15)],
    (date(2024, 4, 18), "Giỗ Tổ Hùng Vương"),
    (date(2024, 4, 29), "Nghỉ hoán đổi"),
    (date(2024, 4, 30), "Ngày Giải phóng miền Nam"),
    (date(2024, 5, 1), "Ngày Quốc tế Lao động"),
    (date(2024, 9, 2), "Quốc khánh"),
    (date(2024, 9, 3), "Quốc khánh"),
]
OPEN_2024 = [(date(2024, 5, 4), "Làm bù ngày 29/4")]


@dataclass(frozen=True)
class Unit:
    """`under`: superior by line of subordination."""

    ref: str
    kind: UnitKind
    name_vi: str
    name_en: str
    under: dict[Tree, str]
    code: str = ""


def _commune(ref: str, code: str, name: str, english: str, kind: UnitKind) -> Unit:
    return Unit(ref, kind, name, english, {Tree.ADMIN: "bx", Tree.PARTY: "bx-hu"}, code)


_P, _A, _F = Tree.PARTY, Tree.ADMIN, Tree.FRONT
UNITS = [
    Unit("bx", UnitKind.DISTRICT, "Huyện Bình Xuyên", "Bình Xuyên district", {}, "249"),
    Unit(
        "bx-hu",
        UnitKind.PARTY_COMMITTEE,
        "Huyện ủy Bình Xuyên",
        "District Party Committee",
        {_A: "bx"},
    ),
    Unit(
        "bx-ubnd",
        UnitKind.PEOPLES_COMMITTEE,
        "Ủy ban nhân dân huyện Bình Xuyên",
        "District People's Committee",
        {_A: "bx", _P: "bx-hu"},
    ),
    Unit(
        "bx-vphu", UnitKind.PARTY_BODY, "Văn phòng Huyện ủy", "District Party Office", {_P: "bx-hu"}
    ),
    _commune("bx-huong-son", "08950", "Xã Hương Sơn", "Hương Sơn commune", UnitKind.COMMUNE),
    _commune("bx-ba-hien", "08944", "Thị trấn Bá Hiến", "Bá Hiến town", UnitKind.TOWN),
    _commune("bx-thien-ke", "08947", "Xã Thiện Kế", "Thiện Kế commune", UnitKind.COMMUNE),
    _commune("bx-quat-luu", "08956", "Xã Quất Lưu", "Quất Lưu commune", UnitKind.COMMUNE),
    _commune("bx-phu-xuan", "08971", "Xã Phú Xuân", "Phú Xuân commune", UnitKind.COMMUNE),
    _commune("bx-thanh-lang", "08968", "Thị trấn Thanh Lãng", "Thanh Lãng town", UnitKind.TOWN),
    Unit(
        "bx-btc",
        UnitKind.PARTY_BODY,
        "Ban Tổ chức Huyện ủy",
        "District Party Organizing Committee",
        {_P: "bx-hu"},
    ),
    Unit(
        "bx-bdv",
        UnitKind.PARTY_BODY,
        "Ban Dân vận Huyện ủy",
        "District Party Mass Mobilisation Committee",
        {_P: "bx-hu"},
    ),
    Unit(
        "bx-mttq",
        UnitKind.FRONT,
        "Ủy ban Mặt trận Tổ quốc Việt Nam huyện Bình Xuyên",
        "District Fatherland Front Committee",
        {_P: "bx-hu"},
    ),
    Unit(
        "bx-hnd",
        UnitKind.SOCIO_POLITICAL_ORG,
        "Hội Nông dân huyện",
        "District Farmers' Union",
        {_P: "bx-hu", _F: "bx-mttq"},
    ),
    Unit(
        "bx-f1",
        UnitKind.SERVICE_UNIT,
        "Ban Quản lý dự án Minh họa",
        "Demonstration Project Board (F1)",
        {_A: "bx-ubnd"},
    ),
    Unit(
        "bx-f2",
        UnitKind.SERVICE_UNIT,
        "Trung tâm Dịch vụ Minh họa",
        "Demonstration Service Centre (F2)",
        {_A: "bx-ubnd"},
    ),
    Unit(
        "bx-f3",
        UnitKind.OTHER,
        "Đội Kiểm tra Minh họa",
        "Demonstration Inspection Team (F3)",
        {_A: "bx-ubnd"},
    ),
]


@dataclass(frozen=True)
class Office:
    """An office and who holds it: (username, full name). `is_head`: in the line `tree`."""

    ref: str
    unit: str
    title_vi: str
    title_en: str
    tree: Tree
    holder: tuple[str, str] | None
    is_head: bool = True
    watches: OversightLevel | None = None  # the whole district, in both lines


def _communal(unit: str, secretary: tuple[str, str], chair: tuple[str, str]) -> list[Office]:
    short = unit.removeprefix("bx-")
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
        "vphu-chanh-van-phong",
        "bx-vphu",
        "Chánh Văn phòng Huyện ủy",
        "Head of the District Party Office",
        _P,
        ("tram", "Mạc Văn Trầm"),
    ),
    *_communal("bx-huong-son", ("duoc", "Ninh Văn Đước"), ("man", "Lạc Thị Mận")),
    *_communal("bx-ba-hien", ("lim", "Kha Văn Lim"), ("dau", "Tống Thị Dâu")),
    *_communal("bx-thien-ke", ("xoan", "Diệp Thị Xoan"), ("soi", "Thạch Văn Sồi")),
    *_communal("bx-quat-luu", ("gao", "Nhữ Văn Gạo"), ("da", "Bạch Văn Đa")),
    *_communal("bx-phu-xuan", ("trac", "Khúc Văn Trắc"), ("sen", "Hứa Thị Sen")),
    *_communal("bx-thanh-lang", ("thong2", "Giang Văn Thông"), ("lan", "Từ Thị Lan")),
    Office(
        "btc-truong-ban",
        "bx-btc",
        "Trưởng ban Tổ chức Huyện ủy",
        "Head of the Organizing Committee",
        _P,
        ("tre", "Ông Văn Trúc"),
    ),
    Office(
        "bdv-truong-ban",
        "bx-bdv",
        "Trưởng ban Dân vận Huyện ủy",
        "Head of the Mass Mobilisation Committee",
        _P,
        ("cuc", "La Thị Cúc"),
    ),
    Office(
        "mttq-chu-tich",
        "bx-mttq",
        "Chủ tịch Ủy ban Mặt trận Tổ quốc huyện",
        "Chair of the Fatherland Front Committee",
        _P,
        ("bang", "Lục Văn Bằng"),
    ),
    Office(
        "hnd-chu-tich",
        "bx-hnd",
        "Chủ tịch Hội Nông dân huyện",
        "Chair of the Farmers' Union",
        _P,
        ("quynh", "Ung Văn Quỳnh"),
    ),
    Office(
        "f1-giam-doc",
        "bx-f1",
        "Giám đốc Ban Quản lý dự án",
        "Director of the Project Board",
        _A,
        ("lo", "Phí Văn Lô"),
    ),
    Office(
        "f2-giam-doc",
        "bx-f2",
        "Giám đốc Trung tâm",
        "Director of the Centre",
        _A,
        ("cau", "Viên Thị Cầu"),
    ),
    Office("f3-doi-truong", "bx-f3", "Đội trưởng", "Head of the Team", _A, ("day", "Doãn Văn Đáy")),
]

ACTING = (
    "hnd-chu-tich",
    ("ngai", "Quách Thị Ngải"),
    date(2024, 5, 2),
    date(2024, 8, 1),
    "18-QĐ/HU",
)
LEAVES = ("quat-luu-chu-tich", date(2024, 4, 16))  # nobody follows

ROLES = [  # (username, full name, role, unit); None: the whole body
    ("truc", "Nghiêm Thị Trúc", Role.PLANNER, "bx"),
    ("bach", "Cung Văn Bách", Role.SUPERVISOR, "bx"),
    ("tung", "Âu Trường Tùng", Role.ASSIGNER, "bx"),
    ("que", "Khuất Thị Quế", Role.INSPECTOR, None),
    ("vien", "Viên Văn Tre", Role.ADMINISTRATOR, None),
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
        "bx-hu",
        "answer the return of Phú Xuân, issue the draft of the Party Office",
    ),
    ("tung", "assigner", "bx-hu", "countersign Thanh Lãng"),
    ("lieu", "leader in charge", "bx-ubnd", "read what was escalated to you"),
    ("vien", "administrator", "bx", "units, people, appointments, kept mail, status"),
    ("que", "inspector", "bx", "read everything, change nothing"),
    ("ta", "no role yet", "", "see what somebody without an office sees"),
]

GROUPS = [
    ("N03", Field.PARTY_BUILDING, "Phát triển đảng viên", "Party membership"),
    ("N08", Field.SOCIO_ECONOMIC, "Ngân sách, đầu tư công", "Budget and public investment"),
    ("H17", Field.SOCIO_ECONOMIC, "Nhiệm vụ huyện giao thêm", "Added by the district"),
]
UOMS = [
    ("giay", "giấy", "certificates"),
    ("percent", "%", "%"),
    ("ty-dong", "tỷ đồng", "billion VND"),
]


@dataclass(frozen=True)
class Indicator:
    code: str
    group: str
    name_vi: str
    name_en: str
    kind: IndicatorKind
    nature: Nature
    uom: str
    decimals: int = 0
    numerator: str = ""
    denominator: str = ""


INDICATORS = [
    Indicator(
        "certificates",
        "H17",
        "Cấp giấy chứng nhận quyền sử dụng đất lần đầu",
        "First land-use certificates issued",
        IndicatorKind.COUNT,
        Nature.FLOW,
        "giay",
    ),
    Indicator(
        "clean-roads",
        "H17",
        "Tuyến đường tỉnh, huyện luôn sạch",
        "Provincial and district roads kept clean",
        IndicatorKind.RATIO,
        Nature.STOCK,
        "percent",
        1,
        "Số tuyến sạch",
        "Tổng số tuyến",
    ),
    Indicator(
        "inspections",
        "H17",
        "Cơ quan, đơn vị được kiểm tra công vụ",
        "Agencies whose public service was inspected",
        IndicatorKind.RATIO,
        Nature.STOCK,
        "percent",
        1,
        "Số đơn vị đã kiểm tra",
        "Tổng số đơn vị",
    ),
    Indicator(
        "members",
        "N03",
        "Trưởng thôn, tổ dân phố là đảng viên",
        "Village heads who are Party members",
        IndicatorKind.RATIO,
        Nature.STOCK,
        "percent",
        0,
        "Số trưởng thôn là đảng viên",
        "Tổng số trưởng thôn",
    ),
    Indicator(
        "revenue",
        "N08",
        "Thu ngân sách trên địa bàn",
        "Budget revenue collected",
        IndicatorKind.NUMBER,
        Nature.FLOW,
        "ty-dong",
        1,
    ),
]
CERTIFICATES = {  # what each commune carries of the whole: (at first, after the revision of 22/4)
    "bx-huong-son": ("60", "64"),
    "bx-ba-hien": ("55", "59"),
    "bx-thien-ke": ("45", "48"),
    "bx-quat-luu": ("40", "43"),
    "bx-phu-xuan": ("38", "41"),
    "bx-thanh-lang": ("42", "45"),
}
CERTIFICATES_WHOLE = ("280", "300")
REVENUE = {
    ref: str(value)
    for ref, value in zip(CERTIFICATES, ("31.5", "64", "22.8", "18", "16.4", "41"), strict=True)
}
BODIES = ["bx-btc", "bx-bdv", "bx-mttq", "bx-hnd", "bx-vphu", "bx-f1", "bx-f2", "bx-f3"]
