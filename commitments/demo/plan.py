"""The plan of the demonstration as data: 16 groups with 32 targets from above, one with 3 of the
district's own, and how they are spread over the units.

A target marked SOURCED restates a published fact (its value of 2023 does; of 2024 no figure is
published). Titles, all other targets and all values of 2024 are invented.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from commitments.demo.district import ARTICLE, BODIES, COMMUNES
from commitments.enums import (
    Comparator,
    Field,
    IndicatorKind,
    Nature,
    Qualifier,
    Stage,
    VerdictValue,
)
from units.enums import Provenance

P, S = Field.PARTY_BUILDING, Field.SOCIO_ECONOMIC
GROUPS = [
    ("N01", P, "Tư tưởng, tuyên truyền", "Ideology and information"),
    ("N02", P, "Tổ chức, cán bộ", "Organisation and personnel"),
    ("N03", P, "Phát triển đảng viên", "Party membership"),
    ("N04", P, "Kiểm tra, giám sát", "Inspection and supervision"),
    ("N05", P, "Dân vận, Mặt trận, đoàn thể", "Mass mobilisation"),
    ("N06", P, "Kỷ luật, kỷ cương, cải cách hành chính", "Discipline and reform"),
    ("N07", S, "Tăng trưởng, giá trị sản xuất", "Growth and production value"),
    ("N08", S, "Ngân sách, đầu tư công", "Budget and public investment"),
    ("N09", S, "Bồi thường, giải phóng mặt bằng", "Compensation and land clearance"),
    ("N10", S, "Công nghiệp, dịch vụ, du lịch", "Industry, services, tourism"),
    ("N11", S, "Nông nghiệp, nông thôn, làng văn hóa kiểu mẫu", "Rural development"),
    ("N12", S, "Giáo dục, y tế", "Education and health"),
    ("N13", S, "Việc làm, giảm nghèo", "Jobs and poverty"),
    ("N14", S, "Văn hóa, môi trường", "Culture and environment"),
    ("N15", Field.DEFENCE, "Quốc phòng địa phương", "Local defence"),
    ("N16", Field.SECURITY, "An ninh, tiếp dân", "Security and reception of citizens"),
    ("H17", S, "Nhiệm vụ huyện giao thêm", "Added by the district"),
]
OWN_GROUP = "H17"
UOMS = [
    ("giay", "giấy", "certificates"),
    ("percent", "%", "%"),
    ("ty-dong", "tỷ đồng", "billion VND"),
    ("hoi-nghi", "hội nghị", "conferences"),
    ("tin-bai", "tin, bài", "pieces"),
    ("dang-vien", "đảng viên", "members"),
    ("cuoc", "cuộc", "inspections"),
    ("mo-hinh", "mô hình", "models"),
    ("doanh-nghiep", "doanh nghiệp", "enterprises"),
    ("xa", "xã, thị trấn", "communes"),
    ("nguoi", "người", "people"),
    ("vu-viec", "vụ việc", "cases"),
    ("bac", "bậc", "grade"),
]
SCALE = ("cai-cach", "Xếp loại cải cách hành chính", "Grade of administrative reform")
GRADES = [("Yếu", "Weak"), ("Trung bình", "Fair"), ("Khá", "Good"), ("Tốt", "Very good")]

GE, GT, LE = Comparator.GE, Comparator.GT, Comparator.LE
MET, UNMET, OPEN = VerdictValue.MET, VerdictValue.UNMET, VerdictValue.INDETERMINATE
PUBLISHED = f"{ARTICLE} (theo công bố, chưa đối chiếu số liệu thống kê)"
INVENTED = "Kết luận minh họa"
DERIVED = f"Suy ra từ +9,3 % và 93,64 % kế hoạch trong {ARTICLE}"


@dataclass(frozen=True)
class Aim:
    """One target of the district in both years. A value None: the source does not state it."""

    code: str
    name_vi: str
    name_en: str
    kind: IndicatorKind
    nature: Nature
    uom: str
    values: tuple[str | None, str | None]  # 2023, 2024
    comparator: Comparator = GE
    decimals: int = 0
    parts: tuple[str, str] = ("", "")  # numerator and denominator in words
    verdict: VerdictValue = MET  # of 2023
    verdict_source: str = INVENTED
    is_sourced: bool = False
    is_new: bool = False
    is_difficult: bool = False
    maintained: bool = False
    steps: tuple[tuple[str, str, str, str], ...] = ()  # Vietnamese, English, month-day, weight

    @property
    def group(self) -> str:
        return self.code.split(".")[0]

    @property
    def is_computed(self) -> bool:
        """Say whether the verdict of 2023 follows from published figures, and nobody states it."""
        return self.verdict_source == DERIVED

    @property
    def verdict_provenance(self) -> Provenance:
        """The mark of the verdict of 2023: a target may be published and its verdict invented."""
        return Provenance.SOURCED if self.verdict_source == PUBLISHED else Provenance.SYNTHETIC

    @property
    def indicator(self) -> str:
        """The code of what is measured: it outlives the plan's numbering."""
        return INDICATOR_CODES.get(self.code, self.code.lower().replace(".", "-"))

    def provenance(self, year: int) -> Provenance:
        sourced = self.is_sourced and year == 2023
        return Provenance.SOURCED if sourced else Provenance.SYNTHETIC


INDICATOR_CODES = {
    "H17.1": "certificates",
    "H17.2": "clean-roads",
    "H17.3": "inspections",
    "N03.1": "members",
    "N08.1": "revenue",
}


def _ratio(
    code: str, vi: str, en: str, values: tuple[str, str], top: str, below: str, **more
) -> Aim:
    """A share in percent: `top` of `below`."""
    more = {"decimals": 1} | more
    return Aim(
        code,
        vi,
        en,
        IndicatorKind.RATIO,
        Nature.STOCK,
        "percent",
        values,
        parts=(top, below),
        **more,
    )


def _count(code: str, vi: str, en: str, uom: str, values: tuple[str, str], **more) -> Aim:
    """What is counted over the year."""
    return Aim(code, vi, en, IndicatorKind.COUNT, Nature.FLOW, uom, values, **more)


_PARTY: Mapping[str, Any] = {"verdict_source": PUBLISHED}
AIMS = [
    _ratio("N01.1", "Đảng viên học tập, quán triệt nghị quyết", "Members who studied resolutions",
           ("98", "98.5"), "Số đảng viên dự học", "Tổng số đảng viên", **_PARTY),
    _count("N01.2", "Hội nghị báo cáo viên", "Conferences of speakers", "hoi-nghi",
           ("12", "14"), **_PARTY),
    _count("N01.3", "Tin, bài trên hệ thống truyền thanh", "Pieces broadcast", "tin-bai",
           ("600", "650"), **_PARTY),
    _ratio("N02.1", "Cán bộ, công chức được bồi dưỡng", "Officials who were trained",
           ("90", "92"), "Số cán bộ được bồi dưỡng", "Tổng số cán bộ", **_PARTY),
    _ratio("N02.2", "Tổ chức đảng hoàn thành tốt nhiệm vụ trở lên", "Party organisations rated well",
           ("85", "86"), "Số tổ chức đạt", "Tổng số tổ chức", **_PARTY),
    _ratio("N03.1", "Trưởng thôn, tổ dân phố là đảng viên", "Village heads who are Party members",
           ("80", "82"), "Số trưởng thôn là đảng viên", "Tổng số trưởng thôn", comparator=GT,
           is_sourced=True, is_new=True, is_difficult=True, **_PARTY),
    _count("N03.2", "Kết nạp đảng viên mới", "New Party members", "dang-vien",
           ("180", "190"), **_PARTY),
    _ratio("N03.3", "Chi bộ sinh hoạt chuyên đề theo quý", "Cells with thematic meetings",
           ("95", "96"), "Số chi bộ có sinh hoạt", "Tổng số chi bộ", **_PARTY),
    _count("N04.1", "Cuộc kiểm tra theo chương trình", "Planned inspections", "cuoc",
           ("40", "42"), **_PARTY),
    _count("N04.2", "Cuộc giám sát chuyên đề", "Thematic supervisions", "cuoc",
           ("24", "25"), **_PARTY),
    _count("N05.1", "Mô hình dân vận khéo", "Models of mass mobilisation", "mo-hinh",
           ("52", "65"), **_PARTY),
    _ratio("N05.2", "Khu dân cư tổ chức ngày hội đại đoàn kết", "Villages with a unity day",
           ("92", "94"), "Số khu dân cư tổ chức", "Tổng số khu dân cư", **_PARTY),
    _ratio("N06.1", "Hồ sơ giải quyết đúng hạn", "Files settled in time",
           ("97", "98"), "Số hồ sơ đúng hạn", "Tổng số hồ sơ", **_PARTY),
    Aim("N06.2", "Xếp loại cải cách hành chính", "Grade of administrative reform",
        IndicatorKind.GRADE, Nature.STOCK, "bac", ("3", "3"), **_PARTY),
    Aim("N07.1", "Tăng giá trị sản xuất", "Growth of production value",
        IndicatorKind.GROWTH, Nature.FLOW, "percent", ("16.8", "15.5"), decimals=1,
        verdict=UNMET, verdict_source=DERIVED, is_sourced=True, is_new=True, is_difficult=True),
    _count("N07.2", "Doanh nghiệp thành lập mới", "New enterprises", "doanh-nghiep",
           ("120", "130")),
    Aim("N08.1", "Thu ngân sách trên địa bàn", "Budget revenue collected",
        IndicatorKind.NUMBER, Nature.FLOW, "ty-dong", (None, "3450"), decimals=1,
        verdict_source=PUBLISHED, is_sourced=True),
    _ratio("N08.2", "Giải ngân vốn đầu tư công", "Public investment disbursed",
           ("95", "95"), "Vốn đã giải ngân", "Kế hoạch vốn"),
    _ratio("N08.3", "Tiết kiệm chi thường xuyên", "Savings in current expenditure",
           ("10", "10"), "Số chi tiết kiệm", "Dự toán chi thường xuyên"),
    _ratio("N09.1", "Dự án trọng điểm, tồn đọng xong bồi thường, giải phóng mặt bằng",
           "Key and backlog projects with land clearance completed",
           ("100", "100"), "Số dự án xong", "Số dự án phải xong", decimals=0,
           is_sourced=True, is_new=True, is_difficult=True),
    Aim("N09.2", "Bàn giao mặt bằng dự án A", "Land of project A handed over",
        IndicatorKind.MILESTONE, Nature.STOCK, "percent", ("100", "100"), steps=(
            ("Kiểm đếm xong", "Counted", "03-29", "30"),
            ("Phê duyệt phương án", "Scheme approved", "06-28", "30"),
            ("Bàn giao mặt bằng", "Land handed over", "10-31", "40"))),
    Aim("N10.1", "Tăng tổng mức bán lẻ", "Growth of retail sales",
        IndicatorKind.GROWTH, Nature.FLOW, "percent", ("12", "12.5"), decimals=1),
    Aim("N11.1", "Làng văn hóa kiểu mẫu giai đoạn 1 và 2", "Model Cultural Villages, phases 1 and 2",
        IndicatorKind.MILESTONE, Nature.STOCK, "percent", ("100", "100"), steps=(
            ("Phê duyệt quy hoạch", "Plan approved", "04-26", "25"),
            ("Khởi công", "Building begun", "07-31", "25"),
            ("Hoàn thành thiết chế", "Buildings completed", "12-20", "50"))),
    Aim("N11.2", "Xã đạt nông thôn mới nâng cao", "Communes of the advanced rural standard",
        IndicatorKind.COUNT, Nature.STOCK, "xa", ("4", "6")),
    _ratio("N12.1", "Trường học đạt chuẩn quốc gia", "Schools of the national standard",
           ("96", "97"), "Số trường đạt chuẩn", "Tổng số trường"),
    _ratio("N12.2", "Dân số tham gia bảo hiểm y tế", "People with health insurance",
           ("95", "95.5"), "Số người tham gia", "Dân số"),
    Aim("N13.1", "Tỷ lệ hộ nghèo", "Poverty rate",
        IndicatorKind.PERCENT, Nature.STOCK, "percent", (None, "0.5"), comparator=LE, decimals=2,
        is_sourced=True),
    _count("N13.2", "Người được giải quyết việc làm", "People found work", "nguoi",
           ("2500", "2600")),
    _ratio("N14.1", "Rác thải sinh hoạt được thu gom, xử lý", "Household waste collected",
           ("92", "93"), "Khối lượng thu gom", "Khối lượng phát sinh", verdict=UNMET),
    _ratio("N15.1", "Giao quân", "Conscripts handed over",
           ("100", "100"), "Số thanh niên nhập ngũ", "Chỉ tiêu giao quân"),
    _count("N16.1", "Điểm nóng về khiếu nại, tố cáo", "Hot spots of complaints", "vu-viec",
           ("0", "0"), comparator=LE),
    _ratio("N16.2", "Khu dân cư an toàn về an ninh, trật tự", "Villages that are safe",
           ("90", "91"), "Số khu dân cư an toàn", "Tổng số khu dân cư"),
    _count("H17.1", "Cấp giấy chứng nhận quyền sử dụng đất lần đầu",
           "First land-use certificates issued", "giay", ("250", "280"),
           verdict=OPEN, verdict_source=PUBLISHED, is_sourced=True),
    _ratio("H17.2", "Tuyến đường tỉnh, huyện luôn sạch", "Provincial and district roads kept clean",
           ("100", "100"), "Số tuyến sạch", "Tổng số tuyến", maintained=True,
           verdict=OPEN, verdict_source=PUBLISHED, is_sourced=True),
    _ratio("H17.3", "Cơ quan, đơn vị được kiểm tra công vụ",
           "Agencies whose public service was inspected", ("25", "25"),
           "Số đơn vị đã kiểm tra", "Tổng số đơn vị", verdict=OPEN, verdict_source=PUBLISHED,
           is_sourced=True),
]  # fmt: skip

# --- what is published of 2023 --------------------------------------------------------------------

LEVELS = [  # measured, and nobody's target: code, names, kind, measure, decimals
    ("targets-met", "Chỉ tiêu cấp trên giao đã hoàn thành", "Targets of the superior that were met",
     IndicatorKind.RATIO, "percent", 2),
    ("economic-growth", "Tốc độ tăng trưởng kinh tế", "Economic growth",
     IndicatorKind.GROWTH, "percent", 2),
    ("production-value", "Tổng giá trị sản xuất", "Total production value",
     IndicatorKind.NUMBER, "ty-dong", 0),
]  # fmt: skip
OBSERVED: list[tuple[str, Mapping[str, Any]]] = [  # indicator, figures; all of the district
    ("targets-met", {
        "numerator": Decimal(30), "denominator": Decimal(32),
        "note_vi": "Xây dựng Đảng: 14/14; kinh tế – xã hội, quốc phòng, an ninh: 16/18. Phát biểu với báo chí.",
        "note_en": "Party building: 14/14; socio-economic, defence, security: 16/18. A statement to the press."}),
    ("economic-growth", {
        "value": Decimal("10.23"),
        "note_vi": "Đứng đầu tỉnh. Khác với mức tăng giá trị sản xuất +9,3 %.",
        "note_en": "First in the province. Not the growth of production value of +9.3 %."}),
    ("production-value", {
        "value": Decimal(230000), "qualifier": Qualifier.OVER, "stage": Stage.ESTIMATE,
        "percent_of_plan": Decimal("93.64"), "growth": Decimal("9.3")}),
    ("n07-1", {"value": Decimal("9.3"), "percent_of_plan": Decimal("93.64")}),
    ("revenue", {
        "value": Decimal(3400), "qualifier": Qualifier.NEARLY, "growth": Decimal("22.6"),
        "note_vi": "Vượt chỉ tiêu (theo công bố); mức giao không nêu.",
        "note_en": "Above its target, as published; the target itself is not stated."}),
    ("n13-1", {
        "value": Decimal("0.57"),
        "note_vi": "Hiểu là tỷ lệ còn 0,57 %; cách hiểu “giảm 0,57 điểm %” được ghi lại.",
        "note_en": "Read as a rate of 0.57 %; the reading “by 0.57 points” is noted."}),
]  # fmt: skip

HOUSEHOLDS: Mapping[str, int] = dict(
    zip(
        COMMUNES,
        (4060, 3090, 2160, 4170, 2610, 2090, 2240, 1610, 2760, 3990, 2160, 4170, 2010),
        strict=True,
    )
)
KEY_USED = "Số hộ (minh họa)"
REVISED = Decimal(300)  # certificates, on 22 April 2024: 280 before
ROADMAPS: Mapping[str, tuple[str, ...]] = {  # of 2024, from January on
    "H17.1": tuple(map(str, (15, 40, 70, 100, 125, 150, 175, 200, 220, 240, 260, 280))),
    "N08.1": tuple(map(str, (290, 560, 850, 1150, 1450, 1750, 2040, 2320, 2600, 2890, 3170, 3450))),
    "H17.3": ("", "", "", "8.333333", "", "", "", "", "", "", "", "25"),
}
MONTHS = tuple(map(str, (7, 15, 23, 31, 39, 48, 56, 64, 73, 82, 91, 100)))  # percent of the value
LEVEL = (
    "",
    "",
    "100",
    "",
    "",
    "100",
    "",
    "",
    "100",
    "",
    "",
    "100",
)  # a level that is to be kept up
PACE: Mapping[str, Decimal] = {  # of what is slow in 2024: its share of what would be on its way
    "N02.1": Decimal("0.88"),
    "N04.2": Decimal("0.70"),
    "N05.2": Decimal("0.86"),
    "N08.2": Decimal("0.66"),
    "N08.3": Decimal("0.88"),
    "N13.2": Decimal("0.74"),
    "N14.1": Decimal("0.78"),
    "N03.2": Decimal("0.90"),
    "N12.1": Decimal("0.90"),
}
ROADMAP_REVISED = tuple(map(str, (15, 40, 70, 100, 130, 160, 190, 215, 240, 260, 280, 300)))

# --- what each unit carries of 2024 ---------------------------------------------------------------

BY_HOUSEHOLDS = ["H17.1", "N03.2", "N05.1", "N08.1", "N13.2"]  # the parts add up to the whole
OF_EVERY_COMMUNE = ["N01.1", "N03.1", "N06.1", "N12.2", "N14.1", "N16.1", "N16.2"]
OF_BODIES: Mapping[str, list[str]] = {
    "bx-btc": ["N01.1", "N02.1", "N02.2", "N03.3", "N06.1"],
    "bx-btg": ["N01.1", "N01.2", "N01.3", "N06.1", "N12.1"],
    "bx-bdv": ["N01.1", "N02.1", "N03.3", "N05.2", "N06.1"],
    "bx-ubkt": ["N01.1", "N02.1", "N04.1", "N04.2", "N06.1"],
    "bx-vphu": ["N01.1", "N06.1", "N06.2", "N08.2", "N08.3"],
    **{ref: ["N01.1", "N02.1", "N05.2", "N06.1"] for ref in BODIES[5:]},
    "bx-mttq": ["N01.1", "N05.2", "N06.1", "N08.3"],
    "bx-dtn": ["N01.1", "N02.1", "N06.1", "N15.1"],
    "bx-ccb": ["N01.1", "N05.2", "N06.1", "N15.1"],
    "bx-f1": ["N06.1", "N08.2", "N09.1"],
    "bx-f2": ["N01.1", "N02.1", "N06.1"],
    "bx-f3": ["N01.1", "N02.1", "N06.1"],
}
OF_2023: Mapping[str, list[str]] = {"bx-f1": ["N08.2", "N09.1"], "bx-f3": ["N02.1", "N06.1"]}


def roadmap(aim: Aim) -> tuple[str, ...]:
    """Return what is expected of a target by the end of each month of 2024, "" where nothing is; ()
    where nobody carries a part of it, so that nobody reports on its way."""
    if aim.code in ROADMAPS:
        return ROADMAPS[aim.code]
    if aim.code not in carriers(2024) or aim.kind == IndicatorKind.GRADE or aim.maintained:
        return ()
    value = Decimal(aim.values[1] or 0)
    shares = MONTHS if aim.nature == Nature.FLOW else LEVEL
    step = Decimal(1).scaleb(-aim.decimals)
    return tuple(
        str((value * Decimal(share) / 100).quantize(step)) if share else "" for share in shares
    )


def carriers(year: int) -> dict[str, list[str]]:
    """Return the units that carry a part of each target, in the order of the units."""
    found: dict[str, list[str]] = {}
    if year == 2023:
        found["H17.1"] = list(COMMUNES)
    else:
        for code in BY_HOUSEHOLDS + OF_EVERY_COMMUNE:
            found[code] = list(COMMUNES)
    for ref, codes in (OF_2023 if year == 2023 else OF_BODIES).items():
        for code in codes:
            found.setdefault(code, []).append(ref)
    return found
