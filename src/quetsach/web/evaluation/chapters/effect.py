"""Whether the campaign caused the change: the analysis against controls, whether it was registered, and its checks."""

from quetsach.assess.effect.finding import Finding, Method
from quetsach.assess.effect.sensitivity import sensitivity
from quetsach.assess.refusal import Refusal
from quetsach.core.number import number_text
from quetsach.core.pack import LocalText
from quetsach.web.evaluation.chapters.words import refused
from quetsach.web.evaluation.document import Block, Cell, Column, Form, Paragraph, Section, Statement, Table, Tone
from quetsach.web.evaluation.inputs import Effect, Inputs

_TITLE = LocalText("Thay đổi có phải nhờ chiến dịch không", "Did the campaign do it")
_NAMES = {
    Method.DID: LocalText("sai biệt kép", "difference in differences"),
    Method.SC: LocalText("đối chứng tổng hợp", "synthetic control"),
    Method.SDID: LocalText("sai biệt kép tổng hợp", "synthetic difference in differences"),
    Method.CITS: LocalText("chuỗi thời gian gián đoạn có đối chứng", "comparative interrupted time series"),
    Method.WEDGE: LocalText("triển khai theo bậc", "stepped wedge"),
}
_NONE = LocalText(
    "Không có bảng số liệu của đơn vị đối chứng (tỉnh triển khai sau, nước láng giềng, hoặc mạng botnet không thuộc "
    "chiến dịch), nên không tách được phần nhờ chiến dịch khỏi những thay đổi khác. Lần sau: rút thăm thứ tự triển "
    "khai giữa các tỉnh và đăng ký cách phân tích trước ngày bắt đầu.",
    "There is no table of controls (provinces that began later, neighbour countries, or botnets that the campaign left "
    "alone), so what the campaign did cannot be told from everything else. Next time: draw the order of roll-out by "
    "province and register the analysis before the start.",
)
_UNREGISTERED = LocalText(
    "Cách phân tích không được đăng ký trước khi chiến dịch bắt đầu.",
    "The analysis was not registered before the campaign began.",
)
_COLUMNS = (
    Column("part", LocalText("Ước lượng", "Estimate")),
    Column("value", LocalText("Giá trị", "Value"), Form.NUMBER, 3),
    Column("low", LocalText("Thấp nhất", "Low"), Form.NUMBER, 3),
    Column("high", LocalText("Cao nhất", "High"), Form.NUMBER, 3),
)
_CHECKS = (
    Column("check", LocalText("Kiểm tra", "Check")),
    Column("value", LocalText("Giá trị", "Value"), Form.NUMBER, 3),
)


def effect(inputs: Inputs) -> Section:
    """Return the chapter."""
    if inputs.effect is None:
        return Section("effect", _TITLE, (Statement(Tone.NOT_DECIDED, _TITLE, _NONE),))
    found = inputs.effect.finding
    blocks: list[Block] = [_registered(inputs.effect)]
    blocks += [refused(_TITLE, found)] if isinstance(found, Refusal) else _finding(found, inputs.effect.basis)
    return Section("effect", _TITLE, tuple(blocks))


def _registered(effect: Effect) -> Statement:
    registered = effect.registered
    title = LocalText("Đăng ký trước", "Pre-registration")
    if registered is None:
        return Statement(Tone.CAUTION, title, _UNREGISTERED)
    day = registered.registered_at
    vi = [f"Đăng ký ngày {day:%d/%m/%Y}, SHA-256 {registered.digest}.", *(d.text.vi for d in registered.differences)]
    en = [f"Registered on {day:%Y-%m-%d}, SHA-256 {registered.digest}.", *(d.text.en for d in registered.differences)]
    tone = Tone.CAUTION if registered.differences else Tone.FACT
    return Statement(tone, title, LocalText(" ".join(vi), " ".join(en)))


def _finding(found: Finding, basis: LocalText | None) -> list[Block]:
    name = _NAMES[found.method]
    said = Paragraph(
        LocalText(
            f"Phương pháp: {name.vi}. Giá trị ở thang {'lôgarit' if found.scale.is_log else 'gốc'}; số âm là "
            f"ít hơn so với khi không có chiến dịch. Khoảng tin cậy {number_text(100 * found.confidence, 'vi')}%.",
            f"Method: {name.en}. Values are on the scale of "
            f"{'logarithms' if found.scale.is_log else 'levels'}; negative is less than there would have been "
            f"without the campaign. Intervals are of {number_text(100 * found.confidence, 'en')} %.",
        )
    )
    whole: tuple[Cell, ...] = (
        LocalText("Tác động của chiến dịch", "Effect of the campaign"),
        found.effect.value,
        found.effect.low,
        found.effect.high,
    )
    parts = [(part.name, part.estimate.value, part.estimate.low, part.estimate.high) for part in found.parts]
    told = [said, *([Paragraph(basis)] if basis else [])]
    blocks: list[Block] = [*told, Table("effect", LocalText("Tác động", "Effect"), _COLUMNS, (whole, *parts))]
    if found.checks:
        rows = tuple((check.text, check.value) for check in found.checks)
        blocks.append(Table("effect-checks", LocalText("Kiểm tra độ vững", "Checks of robustness"), _CHECKS, rows))
    blocks += [Paragraph(text) for text in sensitivity(found)]
    blocks += [Statement(Tone.CAUTION, LocalText("Lưu ý", "Caution"), notice.text) for notice in found.notices]
    return blocks
