"""Which columns the sheets of units, offices, people and appointments have, in both languages."""

from collections.abc import Mapping, Sequence

from units.enums import ActingReason, AppointmentMode, Tree, UnitKind
from units.rules.sheets import Column, Table, Words

UNIT_KINDS: Mapping[str, Words] = {
    UnitKind.PROVINCE: ("Tỉnh", "Province"),
    UnitKind.DISTRICT: ("Huyện", "District"),
    UnitKind.COMMUNE: ("Xã", "Commune"),
    UnitKind.WARD: ("Phường", "Ward"),
    UnitKind.TOWN: ("Thị trấn", "Town"),
    UnitKind.SPECIAL_ZONE: ("Đặc khu", "Special zone"),
    UnitKind.PARTY_COMMITTEE: ("Đảng ủy, cấp ủy", "Party committee"),
    UnitKind.PARTY_BODY: ("Cơ quan của Đảng", "Party body"),
    UnitKind.FRONT: ("Mặt trận Tổ quốc", "Fatherland Front"),
    UnitKind.SOCIO_POLITICAL_ORG: ("Tổ chức chính trị - xã hội", "Socio-political organisation"),
    UnitKind.PEOPLES_COMMITTEE: ("Ủy ban nhân dân", "People's Committee"),
    UnitKind.DEPARTMENT: ("Phòng, ban", "Department"),
    UnitKind.SERVICE_UNIT: ("Đơn vị sự nghiệp", "Public service unit"),
    UnitKind.OTHER: ("Khác", "Other"),
}
LINES: Mapping[str, Words] = {
    Tree.ADMIN: ("Chính quyền", "Authority"),
    Tree.PARTY: ("Đảng", "Party"),
    Tree.FRONT: ("Mặt trận", "Front"),
    Tree.STATISTICAL: ("Thống kê", "Statistical"),
}
MANNERS: Mapping[str, Words] = {
    AppointmentMode.TITULAR: ("Chính thức", "Titular"),
    AppointmentMode.ACTING: ("Phụ trách", "Acting"),
}
REASONS: Mapping[str, Words] = {
    ActingReason.VACANT: ("Khuyết chức danh", "The office is vacant"),
    ActingReason.ABSENCE: ("Người giữ chức vắng mặt", "The holder is absent"),
    ActingReason.SUSPENSION: ("Người giữ chức bị đình chỉ", "The holder is suspended"),
}
LANGUAGES: Mapping[str, Words] = {
    "vi": ("Tiếng Việt", "Vietnamese"),
    "en": ("Tiếng Anh", "English"),
}
REF_HELP = (
    "Chữ a-z, số và dấu gạch nối; đặt một lần, không đổi.",
    "a-z, 0-9 and hyphens; given once, never changed.",
)
FROM_HELP = (
    "Như 01/01/2024. Để trống: từ ngày áp dụng.",
    "Such as 01/01/2024. Empty: from the day on which it is applied.",
)


def _superior(line: str) -> Column:
    vietnamese, english = LINES[line]
    return Column(
        f"under_{line}",
        (f"Cấp trên ({vietnamese.lower()})", f"Superior ({english.lower()})"),
        "code",
        help=(
            "Mã tham chiếu của đơn vị cấp trên trong hệ thống này; có thể đứng ở dòng khác.",
            "Reference of the superior unit in this line; it may stand in another row.",
        ),
        longest=40,
        width=22,
    )


UNITS = Table(
    "units",
    ("Đơn vị", "Units"),
    (
        Column(
            "ref", ("Mã đơn vị", "Unit reference"), "code", True, REF_HELP, longest=40, width=24
        ),
        Column("kind", ("Loại", "Kind"), "choice", True, choices=UNIT_KINDS, width=22),
        Column(
            "name_vi",
            ("Tên (tiếng Việt)", "Name in Vietnamese"),
            required=True,
            longest=200,
            width=40,
        ),
        Column("name_en", ("Tên (tiếng Anh)", "Name in English"), longest=200, width=40),
        Column("short_name", ("Tên gọn", "Short name"), longest=60),
        Column("official_code", ("Mã hành chính", "Official code"), "code", longest=20),
        Column("code_system", ("Hệ thống mã", "Code system"), "code", longest=20),
        *map(_superior, LINES),
        Column("valid_from", ("Có từ ngày", "Exists from"), "day", help=FROM_HELP, width=14),
    ),
    (
        "Mỗi dòng một đơn vị. Đơn vị đã có thì giữ nguyên: đổi tên, đổi cấp trên trên trang của nó.",
        "One unit in each row. One that exists stays as it is: rename or move it on its page.",
    ),
)
OFFICES = Table(
    "offices",
    ("Chức danh", "Offices"),
    (
        Column(
            "ref",
            ("Mã chức danh", "Office reference"),
            "code",
            True,
            REF_HELP,
            longest=60,
            width=28,
        ),
        Column("unit", ("Mã đơn vị", "Unit reference"), "code", True, longest=40, width=24),
        Column(
            "title_vi",
            ("Tên chức danh (tiếng Việt)", "Title in Vietnamese"),
            required=True,
            longest=200,
            width=34,
        ),
        Column(
            "title_en", ("Tên chức danh (tiếng Anh)", "Title in English"), longest=200, width=34
        ),
        Column(
            "tree",
            ("Hệ thống", "Line"),
            "choice",
            choices=LINES,
            help=("Để trống: chính quyền.", "Empty: the line of authority."),
        ),
        Column(
            "is_head",
            ("Đứng đầu", "Heads the unit"),
            "flag",
            help=(
                "x nếu là người đứng đầu đơn vị trong hệ thống này.",
                "x if this office heads the unit in this line.",
            ),
            width=10,
        ),
        Column("valid_from", ("Có từ ngày", "Exists from"), "day", help=FROM_HELP, width=14),
    ),
    (
        "Mỗi dòng một chức danh. Chức danh đã có thì giữ nguyên.",
        "One office in each row. One that exists stays as it is.",
    ),
)
PEOPLE = Table(
    "people",
    ("Cán bộ", "People"),
    (
        Column("username", ("Tên đăng nhập", "User name"), "code", True, longest=60, width=20),
        Column("full_name", ("Họ và tên", "Full name"), required=True, longest=150, width=30),
        Column(
            "email",
            ("Thư điện tử", "E-mail"),
            "code",
            help=(
                "Lời mời đặt mật khẩu được gửi đến địa chỉ này.",
                "The invitation to choose a password goes to this address.",
            ),
            longest=254,
            width=32,
        ),
        Column("phone", ("Điện thoại", "Telephone"), "code", longest=30),
        Column("personnel_no", ("Số hiệu cán bộ", "Personnel number"), "code", longest=30),
        Column("language", ("Ngôn ngữ", "Language"), "choice", choices=LANGUAGES, default="vi"),
    ),
    (
        "Mỗi dòng một người. Người đã có được cập nhật tên, thư, điện thoại và số hiệu theo dòng này.",
        "One person in each row. Of one who exists, name, e-mail, telephone and number become these.",
    ),
)
APPOINTMENTS = Table(
    "appointments",
    ("Bổ nhiệm", "Appointments"),
    (
        Column("person", ("Tên đăng nhập", "User name"), "code", True, longest=60, width=20),
        Column("office", ("Mã chức danh", "Office reference"), "code", True, longest=60, width=28),
        Column(
            "mode",
            ("Cách giữ chức", "Manner"),
            "choice",
            choices=MANNERS,
            default=AppointmentMode.TITULAR,
        ),
        Column("valid_from", ("Từ ngày", "From"), "day", help=FROM_HELP, width=14),
        Column(
            "last_on",
            ("Ngày cuối", "Last day"),
            "day",
            help=("Để trống: chưa định.", "Empty: no end is known."),
            width=14,
        ),
        Column("decision_number", ("Số quyết định", "Decision number"), "code", longest=60),
        Column("decision_on", ("Ngày quyết định", "Decision of"), "day", width=14),
        Column(
            "acting_reason", ("Lý do phụ trách", "Reason for acting"), "choice", choices=REASONS
        ),
    ),
    (
        (
            "Mỗi dòng một người giữ một chức danh. Bổ nhiệm đã có thì giữ nguyên; kết thúc trên trang đơn vị. "
            "Ủy quyền có thời hạn được lập trên trang, không ở đây."
        ),
        (
            "One person in one office in each row. An appointment that exists stays; end it on the page "
            "of the unit. Delegations are made on that page, not here."
        ),
    ),
)
TABLES = (UNITS, OFFICES, PEOPLE, APPOINTMENTS)

GUIDE: Mapping[str, Sequence[str]] = {
    "vi": [
        (
            "Sổ này chứa đơn vị, chức danh, cán bộ và ai giữ chức nào. Điền xong, tải lên: hệ thống kiểm "
            "tra và nêu mọi lỗi cùng lúc; chưa có gì được ghi cho đến khi bấm áp dụng."
        ),
        "Trang nào không cần thì bỏ trống hoặc xóa cả trang.",
        "Giữ nguyên tên các trang và các tiêu đề; thứ tự cột tùy ý, cột không dùng có thể xóa.",
        "Cột có dấu * phải điền. Không dùng ô gộp, không dùng công thức: dán giá trị.",
        "Dòng có ô đầu tiên bắt đầu bằng # là ghi chú và được bỏ qua; các dòng ví dụ cũng vậy.",
        "Gõ mã và số điện thoại bằng chữ, để số 0 ở đầu không mất.",
        "Sổ không xóa gì. Vai trò và mật khẩu không nhập ở đây: vai trò được giao trên trang, mật khẩu do từng người tự chọn theo lời mời.",
    ],
    "en": [
        (
            "This workbook holds units, offices, people, and who holds which office. Fill it in and upload it: "
            "every fault is named at once, and nothing is written before you press apply."
        ),
        "A sheet that you do not need stays empty, or goes.",
        (
            "Keep the names of the sheets and the headings; columns may stand in any order, and those you "
            "do not use may go."
        ),
        "Columns with * must be filled in. No merged cells and no formulas: paste values.",
        "A row whose first cell begins with # is a note and is passed over; so are the examples.",
        "Type codes and telephone numbers as text, or a nought in front is lost.",
        "The workbook removes nothing. Roles and passwords are not imported: roles are granted on pages, and each person chooses a password by an invitation.",
    ],
}
EXAMPLES: Mapping[str, Sequence[Sequence[str]]] = {  # the first cell of each begins with "#"
    "units": [["# xa-huong-son", "Xã", "Xã Hương Sơn", "Huong Son commune"]],
    "offices": [["# huong-son-chu-tich", "xa-huong-son", "Chủ tịch UBND xã", "Chair"]],
    "people": [["# nguyen-thi-lua", "Nguyễn Thị Lụa", "lua@example.org", "0912 345 678"]],
    "appointments": [["# nguyen-thi-lua", "huong-son-chu-tich", "Chính thức", "01/01/2024"]],
}
