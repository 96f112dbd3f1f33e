"""Which columns the sheets of a plan's workbook have, what stands in them, in both languages."""

from collections.abc import Mapping, Sequence

from commitments.enums import (
    AllocationMode,
    Comparator,
    Field,
    IndicatorKind,
    MaintainRule,
    Nature,
    SigningOrder,
    TargetMode,
    TargetOrigin,
    ValueBasis,
)
from units.rules.sheets import Column, Table, Words

FIELDS: Mapping[str, Words] = {
    Field.PARTY_BUILDING: ("Xây dựng Đảng", "Party building"),
    Field.SOCIO_ECONOMIC: ("Kinh tế – xã hội", "Socio-economic"),
    Field.DEFENCE: ("Quốc phòng", "Defence"),
    Field.SECURITY: ("An ninh", "Security"),
}
KINDS: Mapping[str, Words] = {
    IndicatorKind.NUMBER: ("Con số", "Number"),
    IndicatorKind.COUNT: ("Số lượng", "Count"),
    IndicatorKind.PERCENT: ("Phần trăm", "Percentage"),
    IndicatorKind.RATIO: ("Tỷ lệ", "Ratio"),
    IndicatorKind.GROWTH: ("Tăng trưởng", "Growth"),
    IndicatorKind.MILESTONE: ("Mốc công việc", "Milestones"),
    IndicatorKind.BOOLEAN: ("Có hoặc không", "Yes or no"),
    IndicatorKind.GRADE: ("Mức xếp loại", "Ordered grades"),
    IndicatorKind.SHARES: ("Cơ cấu tỷ trọng", "Shares of a whole"),
}
NATURES: Mapping[str, Words] = {
    Nature.FLOW: ("Lũy kế trong kỳ", "Adds up over the period"),
    Nature.STOCK: ("Thời điểm", "State at a moment"),
}
MODES: Mapping[str, Words] = {
    TargetMode.REACH: ("Phấn đấu", "Reach"),
    TargetMode.MAINTAIN: ("Duy trì", "Maintain"),
}
COMPARATORS: Mapping[str, Words] = {
    Comparator.GE: ("ít nhất", "at least"),
    Comparator.GT: ("trên", "more than"),
    Comparator.LE: ("không quá", "at most"),
    Comparator.LT: ("dưới", "less than"),
    Comparator.EQ: ("bằng", "equal to"),
    Comparator.BETWEEN: ("từ đến", "between"),
}
BASES: Mapping[str, Words] = {
    ValueBasis.STATED: ("Đã ghi", "Stated"),
    ValueBasis.LAST_YEAR: ("Năm trước", "Last year"),
    ValueBasis.SUPERIOR: ("Cấp trên giao", "By the superior"),
    ValueBasis.UNSTATED: ("Chưa nêu", "Not stated"),
}
RULES: Mapping[str, Words] = {
    MaintainRule.ALL: ("Mọi mốc", "Every checkpoint"),
    MaintainRule.SHARE: ("Một tỷ lệ mốc", "Share of checkpoints"),
    MaintainRule.LAST: ("Mốc cuối", "Last checkpoint"),
}
ORIGINS: Mapping[str, Words] = {
    TargetOrigin.SUPERIOR: ("Cấp trên giao", "By the superior"),
    TargetOrigin.OWN: ("Cấp mình giao thêm", "Own"),
}
SPLITS: Mapping[str, Words] = {
    AllocationMode.ADDITIVE: ("Cộng lại đủ", "Adds up"),
    AllocationMode.UNIFORM: ("Cùng mức", "Same for all"),
    AllocationMode.CONTRIBUTION: ("Không cộng", "Not added"),
}
ORDERS: Mapping[str, Words] = {
    SigningOrder.PARALLEL: ("Không theo thứ tự", "In any order"),
    SigningOrder.IN_ORDER: ("Lần lượt", "One after the other"),
}
UNIT_HELP = (
    "Mã tham chiếu hoặc mã hành chính của đơn vị; xem trang Danh mục.",
    "The unit's reference or official code; see the sheet Lists.",
)
OFFICE_HELP = (
    "Mã tham chiếu của chức danh; xem trang Danh mục.",
    "The office's reference; see the sheet Lists.",
)
NUMBER_HELP = (
    "Số, hoặc chữ như 45,7. Với mức xếp loại: tên mức.",
    "A number, or text such as 45.7. Of grades: the grade's name.",
)

GROUPS = Table(
    "groups",
    ("Nhóm nhiệm vụ", "Task groups"),
    (
        Column("code", ("Mã nhóm", "Group code"), "code", True, longest=12, width=10),
        Column(
            "title_vi", ("Tên nhóm (tiếng Việt)", "Title in Vietnamese"), required=True, width=44
        ),
        Column("title_en", ("Tên nhóm (tiếng Anh)", "Title in English"), width=44),
        Column("field", ("Lĩnh vực", "Field"), "choice", True, choices=FIELDS, width=20),
        Column(
            "mandate",
            ("Văn bản giao", "Mandate"),
            "code",
            help=(
                "Mã tham chiếu của văn bản; xem trang Danh mục. Để trống nếu chỉ có một.",
                "Reference of the document; see the sheet Lists. Empty if there is one only.",
            ),
            longest=40,
        ),
    ),
    ("Mỗi dòng một nhóm nhiệm vụ.", "One task group in each row."),
)
INDICATORS = Table(
    "indicators",
    ("Định nghĩa chỉ tiêu", "Indicators"),
    (
        Column("code", ("Mã định nghĩa", "Indicator code"), "code", True, longest=40, width=20),
        Column("name_vi", ("Tên (tiếng Việt)", "Name in Vietnamese"), required=True, width=44),
        Column("name_en", ("Tên (tiếng Anh)", "Name in English"), width=44),
        Column("kind", ("Loại", "Kind"), "choice", True, choices=KINDS, width=18),
        Column(
            "nature",
            ("Trong năm", "Over the year"),
            "choice",
            choices=NATURES,
            default=Nature.FLOW,
            width=18,
        ),
        Column(
            "uom",
            ("Đơn vị tính", "Unit of measure"),
            required=True,
            help=(
                "Như giấy, %, km, tỷ đồng; đơn vị chưa có sẽ được thêm.",
                "Such as %, km; one that is not known yet is added.",
            ),
            longest=40,
        ),
        Column("decimals", ("Số lẻ", "Decimals"), "number", width=8),
        Column("numerator", ("Tử số", "Numerator"), width=30),
        Column("denominator", ("Mẫu số", "Denominator"), width=30),
        Column(
            "grades",
            ("Các mức xếp loại", "Grades"),
            "grades",
            help=(
                "Mỗi mức một dòng trong ô, mức thấp nhất trước: tên | tên tiếng Anh",
                "One in each line of the cell, the lowest first: name | name in English",
            ),
            width=36,
        ),
    ),
    (
        "Mỗi dòng một cách đo. Định nghĩa đã có thì giữ nguyên, không sửa ở đây.",
        "What is measured. A definition that exists stays as it is.",
    ),
)
TARGETS = Table(
    "targets",
    ("Chỉ tiêu", "Targets"),
    (
        Column("code", ("Mã chỉ tiêu", "Target code"), "code", True, longest=30, width=12),
        Column("group", ("Mã nhóm", "Group code"), "code", True, longest=12, width=10),
        Column(
            "indicator", ("Mã định nghĩa", "Indicator code"), "code", True, longest=44, width=20
        ),
        Column("unit", ("Đơn vị chủ trì", "Accountable unit"), "code", True, UNIT_HELP, width=18),
        Column(
            "part_of",
            ("Là phần của", "Part of"),
            "code",
            help=(
                "Mã chỉ tiêu được phân khai, nếu dòng này là một phần có nội dung riêng.",
                "Code of the target that is split, if this part says more than its value.",
            ),
            longest=30,
        ),
        Column("mode", ("Cách đạt", "Manner"), "choice", choices=MODES, default=TargetMode.REACH),
        Column(
            "comparator",
            ("So sánh", "Comparison"),
            "choice",
            choices=COMPARATORS,
            default=Comparator.GE,
        ),
        Column(
            "value_basis",
            ("Nguồn giá trị", "The value is"),
            "choice",
            choices=BASES,
            default=ValueBasis.STATED,
        ),
        Column("value", ("Giá trị", "Value"), "number", help=NUMBER_HELP),
        Column("upper", ("Giá trị trên", "Upper value"), "number"),
        Column("tolerance", ("Sai số", "Tolerance"), "number"),
        Column("baseline", ("Số liệu gốc", "Baseline"), "number"),
        Column("baseline_period", ("Kỳ gốc", "Period of the baseline"), longest=20),
        Column(
            "maintain_rule", ("Quy tắc duy trì", "Rule of maintaining"), "choice", choices=RULES
        ),
        Column("maintain_share", ("Tỷ lệ mốc (%)", "Share of checkpoints (%)"), "number"),
        Column(
            "shares",
            ("Các tỷ trọng", "Shares"),
            "shares",
            help=(
                "Mỗi phần một dòng trong ô, tổng bằng 100: tên | phần trăm | tên tiếng Anh",
                "One in each line of the cell, together 100: name | percent | name in English",
            ),
            width=36,
        ),
        Column(
            "steps",
            ("Các mốc công việc", "Steps"),
            "steps",
            help=(
                "Mỗi mốc một dòng trong ô, tổng bằng 100: ngày | phần trăm | tên | tên tiếng Anh",
                "One in each line, together 100: day | percent | title | title in English",
            ),
            width=44,
        ),
        Column("q1", ("Lộ trình quý I", "Roadmap Q1"), "number"),
        Column("q2", ("Lộ trình quý II", "Roadmap Q2"), "number"),
        Column("q3", ("Lộ trình quý III", "Roadmap Q3"), "number"),
        Column("q4", ("Lộ trình quý IV", "Roadmap Q4"), "number"),
        Column(
            "points",
            ("Mốc lộ trình khác", "Other checkpoints"),
            "points",
            help=(
                "Mỗi mốc một dòng trong ô: kỳ | giá trị, như 03 | 12 cho tháng 3.",
                "One in each line of the cell: part | value, such as 03 | 12 for March.",
            ),
            width=20,
        ),
        Column(
            "origin", ("Nguồn giao", "Origin"), "choice", choices=ORIGINS, default=TargetOrigin.OWN
        ),
        Column("clause", ("Điểm, khoản", "Clause"), longest=60),
        Column("is_new", ("Mới", "New"), "flag", width=8),
        Column("is_difficult", ("Khó", "Difficult"), "flag", width=8),
        Column(
            "needs_evidence",
            ("Báo cáo kèm tệp", "Reports show a file"),
            "flag",
            help=(
                "Có: mỗi báo cáo phải kèm tệp minh chứng mới nộp được.",
                "Yes: no report is handed in without a file that shows it.",
            ),
            width=12,
        ),
    ),
    (
        "Mỗi dòng một chỉ tiêu. Chỉ tiêu đã giao không sửa ở đây: điều chỉnh trên trang của nó.",
        "One target in each row. An assigned one is not changed here: revise it on its page.",
    ),
)
ALLOCATIONS = Table(
    "allocations",
    ("Phân khai", "Allocations"),
    (
        Column("whole", ("Mã chỉ tiêu chung", "Target that is split"), "code", True, longest=30),
        Column("unit", ("Đơn vị", "Unit"), "code", True, UNIT_HELP, width=18),
        Column("value", ("Phần giao", "Part"), "number"),
        Column(
            "code",
            ("Mã phần", "Code of the part"),
            "code",
            help=("Để trống: đánh số tiếp.", "Empty: numbered."),
            longest=30,
        ),
        Column("mode", ("Cách phân khai", "Manner of the split"), "choice", choices=SPLITS),
        Column("reserve", ("Dự phòng", "Reserve"), "number"),
        Column("overage", ("Giao vượt", "Overage"), "number"),
        Column("key_used", ("Khóa phân bổ", "Key used"), longest=120, width=30),
    ),
    (
        (
            "Mỗi dòng một phần; các phần cộng lại bằng chỉ tiêu trừ dự phòng cộng giao vượt. Cách, dự "
            "phòng, giao vượt và khóa ghi ở dòng đầu của mỗi chỉ tiêu. Danh sách là đầy đủ: phần không "
            "có trong danh sách sẽ bị bỏ."
        ),
        (
            "One part in each row; they add up to the target less the reserve plus the overage. "
            "Manner, reserve, overage and key stand in the first row of each target. The list is "
            "complete: a part that is not in it is dropped."
        ),
    ),
)
UNDERTAKERS = Table(
    "undertakers",
    ("Người cam kết", "Undertakers"),
    (
        Column(
            "unit", ("Đơn vị cam kết", "Unit that undertakes"), "code", True, UNIT_HELP, width=18
        ),
        Column(
            "first", ("Chức danh thứ nhất", "First office"), "code", True, OFFICE_HELP, width=24
        ),
        Column(
            "second", ("Chức danh thứ hai", "Second office"), "code", False, OFFICE_HELP, width=24
        ),
        Column(
            "assigner", ("Chức danh giao", "Assigning office"), "code", True, OFFICE_HELP, width=24
        ),
        Column("sign_by", ("Hạn ký", "To be signed by"), "day", True),
        Column(
            "order",
            ("Thứ tự ký", "Order of signing"),
            "choice",
            choices=ORDERS,
            default=SigningOrder.PARALLEL,
            width=20,
        ),
    ),
    (
        "Mỗi dòng một đơn vị: bản cam kết của đơn vị được soạn với mọi chỉ tiêu của đơn vị.",
        "One unit in each row: its commitment is drafted with every target of the unit.",
    ),
)
TABLES = (GROUPS, INDICATORS, TARGETS, ALLOCATIONS, UNDERTAKERS)

GUIDE: Mapping[str, Sequence[str]] = {
    "vi": [
        (
            "Sổ này chứa toàn bộ một kế hoạch. Điền xong, tải lên trang của kế hoạch: hệ thống kiểm tra và "
            "nêu mọi lỗi cùng lúc; chưa có gì được ghi cho đến khi bấm áp dụng."
        ),
        "Giữ nguyên tên các trang và các tiêu đề; thứ tự cột tùy ý, cột không dùng có thể xóa.",
        "Cột có dấu * phải điền. Không dùng ô gộp, không dùng công thức: dán giá trị.",
        "Dòng có ô đầu tiên bắt đầu bằng # là ghi chú và được bỏ qua; các dòng ví dụ cũng vậy.",
        "Số gõ bằng chữ viết như 45,7. Mã gõ bằng chữ, để 1.10 không thành 1.1.",
        "Dòng không có trong sổ thì giữ nguyên trong kế hoạch. Chỉ tiêu đã giao không sửa ở đây.",
    ],
    "en": [
        (
            "This workbook holds a whole plan. Fill it in and upload it on the page of the plan: every "
            "fault is named at once, and nothing is written before you press apply."
        ),
        (
            "Keep the names of the sheets and the headings; columns may stand in any order, and those you "
            "do not use may go."
        ),
        "Columns with * must be filled in. No merged cells and no formulas: paste values.",
        "A row whose first cell begins with # is a note and is passed over; so are the examples.",
        "Numbers typed as text are written like 45.7. Codes are text, or 1.10 becomes 1.1.",
        "What is not in the workbook stays in the plan. Assigned targets are not changed here.",
    ],
}
EXAMPLES: Mapping[str, Sequence[Sequence[str]]] = {  # the first cell of each begins with "#"
    "groups": [["# H17", "Nhiệm vụ huyện giao thêm", "Added by the district"]],
    "indicators": [["# certificates", "Cấp giấy chứng nhận lần đầu", "Certificates issued"]],
    "targets": [["# H17.1", "H17", "certificates", "huyen-uy"]],
    "allocations": [["# H17.1", "xa-huong-son", "21"]],
    "undertakers": [["# xa-huong-son", "huong-son-bi-thu", "huong-son-chu-tich", "hu-bi-thu"]],
}
