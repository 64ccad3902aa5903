"""The files of a kit, and the one archive that carries them: the same facts give the same bytes."""

import io
import zipfile
from collections.abc import Iterator, Mapping
from datetime import datetime

from quetsach.campaign.publicity.errors import PublicityError
from quetsach.campaign.publicity.facts import Facts
from quetsach.web.office.publicity.sheets.code import qr_png, qr_svg
from quetsach.web.office.publicity.sheets.typesetter import SHEETS, typeset
from quetsach.web.office.publicity.wording import (
    as_page,
    as_script,
    as_text,
    message_blocks,
    press_release,
    sheet_values,
)

MAX_NAME_LENGTH = 200
_NO_DATE = (1980, 1, 1, 0, 0, 0)
_PLAIN_FILE = 0o644 << 16


def kit_archive(facts: Facts, *, made_at: datetime) -> bytes:
    """Return the kit as a ZIP file.

    Raises:
        PublicityError: a name is too long, or has letters that the fonts do not have.
    """
    for name in (facts.campaign.vi, facts.campaign.en, facts.unit.vi, facts.unit.en):
        if not name.strip() or len(name) > MAX_NAME_LENGTH:
            raise PublicityError(f"a name must have 1 to {MAX_NAME_LENGTH} characters", where=name[:60])
    return _zip(dict(_files(facts, made_at)))


def archive_file(archive: bytes, name: str) -> bytes:
    """Return one file of a kit's archive.

    Raises:
        PublicityError: there is no such file.
    """
    with zipfile.ZipFile(io.BytesIO(archive)) as file:
        try:
            return file.read(name)
        except KeyError as error:
            raise PublicityError("the kit has no such file", where=name[:100]) from error


def archive_names(archive: bytes) -> tuple[str, ...]:
    """Return the names of a kit's files, in the order of the archive."""
    with zipfile.ZipFile(io.BytesIO(archive)) as file:
        return tuple(file.namelist())


def _files(facts: Facts, made_at: datetime) -> Iterator[tuple[str, bytes]]:
    yield "DOC-TRUOC.txt", _readme(facts).encode()
    yield "vi/phat-thanh.txt", as_script(facts).encode()
    for language in ("vi", "en"):
        values = sheet_values(facts, language)
        for sheet in SHEETS:
            yield f"{language}/{sheet.file.in_language(language)}", typeset(sheet, values, made_at=made_at)
        for name, passages in (
            ("noi-dung" if language == "vi" else "messages", message_blocks(facts, language)),
            ("thong-cao-bao-chi" if language == "vi" else "press-release", (press_release(facts, language),)),
        ):
            yield f"{language}/{name}.txt", as_text(passages, facts, language).encode()
            yield f"{language}/{name}.html", as_page(passages, facts, language).encode()
        address, name = facts.visit_url(language), "ma-qr" if language == "vi" else "qr-code"
        yield f"{language}/{name}.svg", qr_svg(address)
        yield f"{language}/{name}.png", qr_png(address)


def _zip(files: Mapping[str, bytes]) -> bytes:
    """Pack without compressing: pictures and PDFs are compressed already, and the bytes then depend on nothing else."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, _NO_DATE)
            entry.create_system, entry.external_attr = 3, _PLAIN_FILE
            archive.writestr(entry, content)
    return buffer.getvalue()


def _readme(facts: Facts) -> str:
    vi, en = facts.values("vi"), facts.values("en")
    return f"""BỘ TÀI LIỆU TRUYỀN THÔNG
{vi["unit"]}
{vi["campaign"]}, {vi["span"]}

ap-phich-a3.pdf, ap-phich-a4.pdf   in màu (CMYK), đúng khổ giấy, không cần tràn lề
to-roi-a5.pdf                      in hai mặt
ap-phich.png, anh-*.png            đăng mạng xã hội, nhóm chat
banner-*.png                       đặt trên trang tin, gắn liên kết {facts.visit_url("vi")}
noi-dung, thong-cao-bao-chi        đăng cổng thông tin, gửi báo chí
phat-thanh.txt                     đọc trên loa truyền thanh: 60 và 120 giây
ma-qr.svg, ma-qr.png               mã QR riêng của đơn vị

Mã xác minh: {facts.code}. Ai cũng kiểm tra được tại {facts.check_url}
Mã QR đếm số lượt mở trang theo đơn vị và theo ngày. Không lưu thông tin về người mở.

------------------------------------------------------------

PUBLICITY KIT
{en["unit"]}
{en["campaign"]}, {en["span"]}

poster-a3.pdf, poster-a4.pdf       print in colour (CMYK), at full size; nothing runs off the edge
leaflet-a5.pdf                     print on both sides
poster.png, card-*.png             for social networks and chat groups
banner-*.png                       for web pages, with a link to {facts.visit_url("en")}
messages, press-release            for portals and the press
vi/phat-thanh.txt                  for loudspeakers, in Vietnamese: 60 and 120 seconds
qr-code.svg, qr-code.png           the unit's own QR code

Verification code: {facts.code}. Anyone can check it at {facts.check_url}
The QR code counts how often the page is opened, by unit and day. Nothing about who opened it is kept.
"""
