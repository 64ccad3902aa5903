"""The first words of the report: what was done, and what comes next, as far as the data show it."""

from collections.abc import Sequence

from quetsach.core.number import number_text
from quetsach.core.pack import LocalText
from quetsach.web.evaluation.inputs import Inputs

_NOTHING = LocalText(
    "Dữ liệu của trung tâm chưa ghi nhận công văn, báo cáo hay máy nào được quét trong chiến dịch này.",
    "The centre's data hold no letter, no return and no machine scanned in this campaign.",
)


def done(inputs: Inputs) -> LocalText:
    """Say in one sentence what was done: letters, returns, machines scanned and cleaned."""
    parts = [*_letters(inputs), *_returns(inputs), *_machines(inputs)]
    return _sentence("Đã làm: ", "Done: ", parts) if parts else _NOTHING


def next_steps(inputs: Inputs) -> LocalText:
    """Say in one sentence what the same data leave to do."""
    parts = [*_unanswered(inputs), *_missing(inputs), *_not_cleaned(inputs)]
    if inputs.effect is None or inputs.effect.registered is None:
        parts.append(
            LocalText(
                "trước chiến dịch sau, rút thăm thứ tự triển khai và đăng ký cách phân tích để có thể kết luận về chỉ "
                "tiêu",
                "before the next campaign, draw the order of roll-out and register the analysis, so that targets can "
                "be judged",
            )
        )
    if not parts:
        return LocalText(
            "Việc tiếp theo: dữ liệu không cho thấy còn việc nào bỏ dở.", "Next: the data show nothing left undone."
        )
    return _sentence("Việc tiếp theo: ", "Next: ", parts)


def _letters(inputs: Inputs) -> list[LocalText]:
    found = inputs.outcome.letters if inputs.outcome else ()
    if not found:
        return []
    count, sent, read = (_numbers(n) for n in (len(found), *_sent_and_read(inputs)))
    return [
        LocalText(
            f"ban hành {count.vi} công văn ({sent.vi} lượt gửi đến các đơn vị, {read.vi} lượt đã xác nhận)",
            f"letters issued: {count.en} (sent to {sent.en} units, acknowledged by {read.en})",
        )
    ]


def _returns(inputs: Inputs) -> list[LocalText]:
    found = inputs.outcome.returns if inputs.outcome else None
    if found is None:
        return []
    approved, expected = _numbers(found.approved), _numbers(found.expected)
    return [
        LocalText(
            f"có số liệu đã phê duyệt của {approved.vi}/{expected.vi} đơn vị phải báo cáo",
            f"approved figures of {approved.en} of {expected.en} units that owe a return",
        )
    ]


def _machines(inputs: Inputs) -> list[LocalText]:
    found = inputs.tool
    if found is None or not found.installs:
        return []
    scanned, infected, cleaned = (_numbers(n) for n in (found.installs, found.with_findings, found.cleaned))
    return [
        LocalText(
            f"theo báo cáo tự nguyện, công cụ đã quét {scanned.vi} máy, phát hiện mã độc trên {infected.vi} máy và làm "
            f"sạch {cleaned.vi} máy",
            f"by voluntary reports the tool scanned {scanned.en} machines, found malware on {infected.en} and cleaned "
            f"{cleaned.en}",
        )
    ]


def _unanswered(inputs: Inputs) -> list[LocalText]:
    sent, read = _sent_and_read(inputs)
    if sent <= read:
        return []
    left = _numbers(sent - read)
    return [
        LocalText(
            f"đôn đốc {left.vi} lượt gửi công văn chưa được xác nhận",
            f"urge for {left.en} letters that were not acknowledged",
        )
    ]


def _missing(inputs: Inputs) -> list[LocalText]:
    found = inputs.outcome.returns if inputs.outcome else None
    if found is None or found.approved >= found.expected:
        return []
    left = _numbers(found.expected - found.approved)
    return [
        LocalText(
            f"thu hoặc phê duyệt số liệu còn thiếu của {left.vi} đơn vị",
            f"collect or approve the figures that {left.en} units still owe",
        )
    ]


def _not_cleaned(inputs: Inputs) -> list[LocalText]:
    found = inputs.tool
    if found is None or found.with_findings <= found.cleaned:
        return []
    left = _numbers(found.with_findings - found.cleaned)
    return [
        LocalText(
            f"giúp làm sạch {left.vi} máy đã phát hiện mã độc mà chưa báo là đã sạch",
            f"help {left.en} machines with findings that did not report to be cleaned",
        )
    ]


def _sent_and_read(inputs: Inputs) -> tuple[int, int]:
    found = inputs.outcome.letters if inputs.outcome else ()
    return sum(letter.addressed for letter in found), sum(letter.acknowledged for letter in found)


def _numbers(value: int) -> LocalText:
    return LocalText(number_text(value, "vi"), number_text(value, "en"))


def _sentence(vi: str, en: str, parts: Sequence[LocalText]) -> LocalText:
    return LocalText(vi + "; ".join(part.vi for part in parts) + ".", en + "; ".join(p.en for p in parts) + ".")
