"""How ``quetsach center reports`` is told: tables and sentences in both languages."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from quetsach.cli.output import print_json, print_table, say
from quetsach.cli.parser import ExitCode
from quetsach.web.api.models import ReportWithdrawal
from quetsach.web.api.selectors import DayOfReports, SourceOfReports
from quetsach.web.api.tally import Tally

WORDS: Mapping[str, Mapping[str, str]] = {
    "vi": {
        "erased": "Đã xóa báo cáo {code}. Số liệu trên cổng đã được tính lại.",
        "unknown": "không có báo cáo nào mang mã này",
        "unknown-hint": "đối chiếu lại với người gửi: trên máy đã gửi, lệnh quetsach report show cho biết mã",
        "ask": "Rút {reports} báo cáo của {machines} máy, {findings} phát hiện, khỏi mọi số liệu? [có/KHÔNG] ",
        "unattended": "không có ai ở màn hình để đồng ý rút báo cáo",
        "unattended-hint": "xem trước bằng --dry-run, rồi ghi thêm --yes",
        "declined": "Chưa rút báo cáo nào.",
        "none": "Không có báo cáo nào như vậy đang được tính.",
        "would": "Sẽ rút {reports} báo cáo của {machines} máy, {findings} phát hiện. Chưa rút gì.",
        "withdrawn": "Đã rút {reports} báo cáo của {machines} máy, {findings} phát hiện, khỏi mọi số liệu: quyết định "
        "số {number}. Tính lại như cũ: quetsach center reports restore {number} --reason …",
        "restored": "Quyết định rút số {number} đã hết hiệu lực: {reports} báo cáo của {machines} máy được tính lại.",
        "released": "Báo cáo của những ngày sau được tính vào số liệu: {days}.",
        "figures": "Số liệu công khai: {reports} lượt, {installs} máy, {found} máy có phát hiện, {cleaned} máy báo đã "
        "làm sạch; {left_out} báo cáo được lưu nhưng không tính.",
        "held": "CHỜ XEM",
        "released-day": "cho tính",
        "holds": "đang rút",
        "restored-on": "tính lại {day}",
        "held-hint": "Ngày chờ xem không được tính. Xem nguồn gửi: quetsach center reports list --day NGÀY",
    },
    "en": {
        "erased": "Report {code} is erased. The figures on the portal have been counted anew.",
        "unknown": "no report has this code",
        "unknown-hint": "compare it with the sender's: there, quetsach report show names the code",
        "ask": "Take {reports} reports of {machines} machines, {findings} findings, out of every figure? [yes/NO] ",
        "unattended": "nobody is at the terminal to agree to the withdrawal",
        "unattended-hint": "look first with --dry-run, then give --yes",
        "declined": "Nothing was withdrawn.",
        "none": "No report that counts is like this.",
        "would": "Would withdraw {reports} reports of {machines} machines, {findings} findings. Nothing was done.",
        "withdrawn": "Withdrew {reports} reports of {machines} machines, {findings} findings, from every figure: "
        "decision {number}. To let them count again: quetsach center reports restore {number} --reason …",
        "restored": "Withdrawal {number} is lifted: {reports} reports of {machines} machines count again.",
        "released": "The reports of these days count: {days}.",
        "figures": "Public figures: {reports} runs, {installs} machines, {found} with a finding, {cleaned} reported as "
        "cleaned; {left_out} reports are kept and do not count.",
        "held": "HELD BACK",
        "released-day": "let count",
        "holds": "withdrawn",
        "restored-on": "restored {day}",
        "held-hint": "A day that is held back does not count. See who sent: quetsach center reports list --day DATE",
    },
}
_DAYS = {
    "vi": ("ngày (UTC)", "báo cáo", "trong mức", "máy", "đã làm sạch", "nguồn lớn nhất", ""),
    "en": ("day (UTC)", "reports", "within ceilings", "machines", "cleaned", "largest source", ""),
}
_SOURCES = {
    "vi": ("nguồn", "báo cáo", "máy", "đã làm sạch"),
    "en": ("source", "reports", "machines", "cleaned"),
}
_WITHDRAWALS = {
    "vi": ("số", "ngày", "báo cáo", "máy", "hiệu lực", "tiêu chí", "lý do"),
    "en": ("number", "day", "reports", "machines", "state", "criteria", "reason"),
}


def tell_days(tally: Tally, days: Sequence[DayOfReports], language: str) -> None:
    """Print the public figures and the days they come from."""
    words = WORDS[language]
    figures = {"reports": tally.reports, "installs": tally.installs, "left_out": tally.left_out}
    say(words["figures"].format(**figures, found=tally.installs_with_findings, cleaned=tally.installs_cleaned))
    if days:
        rows = [
            (
                *(day.day, day.reports, day.counted, day.machines, day.cleaned, day.largest_source),
                words["held"] if day.is_held else words["released-day"] if day.is_released else "",
            )
            for day in days
        ]
        print_table(_DAYS[language], rows, right=range(1, 6))
    if any(day.is_held for day in days):
        say(words["held-hint"])


def tell_sources(sources: Sequence[SourceOfReports], language: str, *, as_json: bool) -> int:
    """Print the sources of a day; return the exit code."""
    if as_json:
        print_json([asdict(source) for source in sources])
    else:
        rows = [(source.name, source.reports, source.machines, source.cleaned) for source in sources]
        print_table(_SOURCES[language], rows, right=range(1, 4))
    return ExitCode.NOTHING_FOUND


def tell_withdrawals(withdrawals: Sequence[ReportWithdrawal], language: str) -> None:
    """Print the decisions that took reports out, with what became of them."""
    words = WORDS[language]
    rows = [
        (
            *(w.pk, w.at.date(), w.reports, w.machines),
            words["restored-on"].format(day=w.restored_at.date()) if w.restored_at else words["holds"],
            " ".join(f"{name}={value}" for name, value in w.criteria.items()),
            w.reason,
        )
        for w in withdrawals
    ]
    if rows:
        print_table(_WITHDRAWALS[language], rows, right=(0, 2, 3))


def decision_json(withdrawal: ReportWithdrawal) -> dict[str, object]:
    """Return a withdrawal as JSON values."""
    return {
        "number": withdrawal.pk,
        "at": withdrawal.at.isoformat(timespec="seconds"),
        "reason": withdrawal.reason,
        "criteria": withdrawal.criteria,
        "reports": withdrawal.reports,
        "machines": withdrawal.machines,
        "findings": withdrawal.findings,
        "restored_at": withdrawal.restored_at.isoformat(timespec="seconds") if withdrawal.restored_at else None,
        "restored_reason": withdrawal.restored_reason,
    }
