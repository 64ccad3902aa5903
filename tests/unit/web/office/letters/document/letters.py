"""Letters to print: one as Hải Phòng sent it in 2020, changed as a test needs it."""

from datetime import date
from typing import Any

from quetsach.web.office.letters.document.letter import Annex, Issuer, LetterText, Signer, Verification

ISSUER = Issuer(
    "Ủy ban nhân dân thành phố Hải Phòng",
    "Sở Thông tin và Truyền thông",
    "Hải Phòng",
    "STTTT-CNTT",
    "Địa chỉ: số 00 đường Mẫu, thành phố Hải Phòng; điện thoại: 0225 000 0000",
)
BODY = """Sở Thông tin và Truyền thông đề nghị các cơ quan, đơn vị, địa phương triển khai **các nội dung** sau:
# 1. Thông báo, tuyên truyền
Phổ biến rộng rãi về chiến dịch đến toàn thể cán bộ, công chức, viên chức, người lao động *(và người dân)* trên địa bàn.
# 2. Kiểm tra, xử lý, bóc gỡ mã độc
Thực hiện các bước theo Phụ lục I; báo cáo theo Phụ lục II trước ngày 23 tháng 10 năm 2020.
Trân trọng./."""
STEPS = "# Bước 1. Tải công cụ\nChọn **Tải công cụ**.\n# Bước 2. Quét\nChọn **Quét toàn bộ**."
TABLE = "Số liệu đến ngày 22 tháng 10 năm 2020:\n| STT | Nội dung | Số liệu |\n" + "\n".join(
    f"| {number} | Số máy tính đã quét | |" for number in range(1, 61)
)


def letter(**changes: Any) -> LetterText:
    values: dict[str, Any] = {
        "state": "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "motto": "Độc lập - Tự do - Hạnh phúc",
        "issuer": ISSUER,
        "subject": "phối hợp triển khai Chiến dịch rà soát, xử lý, bóc gỡ mã độc trên toàn quốc năm 2020",
        "addressees": ("Các sở, ban, ngành thành phố", "Ủy ban nhân dân các quận, huyện"),
        "body": BODY,
        "signer": Signer(("KT. Giám đốc",), "Phó Giám đốc", "Nguyễn Văn Mẫu"),
        "number": 2049,
        "day": date(2020, 10, 6),
        "copies": ("Cục An toàn thông tin (để báo cáo)",),
        "drafting": "CNTT (05)",
        "annexes": (Annex("Các bước kiểm tra", STEPS), Annex("Mẫu báo cáo", TABLE)),
        "verification": Verification("https://quetsach.example.vn/xac-minh/QS-7KQM2-F9DXG", "QS-7KQM2-F9DXG"),
    }
    return LetterText(**{**values, **changes})
