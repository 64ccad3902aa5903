"""What a scan comes to, in lines for a terminal; ``scan`` and ``clean`` say the same."""

from collections.abc import Iterator, Mapping

from quetsach.cli.output import coloured
from quetsach.core.number import number_text
from quetsach.endpoint.messages import messages
from quetsach.endpoint.report.verdict import families_text, gap_list, gap_step, is_narrow, reach_text
from quetsach.endpoint.scanner.conclusion import Conclusion, Gap, conclusion_of, gaps_of
from quetsach.endpoint.scanner.scan import ScanResult

_COLOURS = {"nothing": "32;1", "found": "31;1", "nothing-chosen": "1"}
_ATTENTION = "33;1"


def told_conclusion(result: ScanResult, language: str) -> Iterator[str]:
    """Yield the verdict, with what was not looked at or not looked for in the same line."""
    words, report_words = messages("scan", language), messages("report", language)
    gaps, reach = gaps_of(result), result.reach
    key = _key(result, gaps)
    verdict = words[key].format(
        gaps=gap_list(gaps, report_words),
        families=number_text(len(reach.families) + len(reach.by_content), language),
        files=number_text(result.files, language),
        count=number_text(len(result.findings), language),
        found=number_text(len({finding.family for finding in result.findings}), language),
    )
    yield coloured(f"{verdict} {families_text(reach, report_words)}".strip(), _COLOURS.get(key, _ATTENTION))


def told_gaps(result: ScanResult, language: str) -> Iterator[str]:
    """Yield how far the scan looked, and what to do about what it did not see."""
    report_words = messages("report", language)
    yield messages("scan", language)["reach"].format(parts=reach_text(result.reach, report_words))
    if result.findings:
        yield from told_unseen(result, language)
    elif gaps := gaps_of(result):
        yield gap_step(gaps, report_words)


def told_unseen(result: ScanResult, language: str) -> Iterator[str]:
    """Yield what the scan did not see beside its findings, and what to do about that; nothing if it saw all."""
    words = messages("report", language)
    if gaps := gaps_of(result):
        yield coloured(messages("scan", language)["found-not-all"].format(gaps=gap_list(gaps, words)), _ATTENTION)
        yield gap_step(gaps, words)


def _key(result: ScanResult, gaps: Mapping[str, int]) -> str:
    """Return which text tells it: a green one only when nothing was left out of the look."""
    match conclusion_of(result):
        case Conclusion.FOUND:
            return "found"
        case Conclusion.NOTHING_FOUND:
            return "nothing-chosen" if result.reach.left_out else "nothing"
        case Conclusion.NOT_CONCLUSIVE:
            if Gap.NOTHING in gaps:
                return "looked-at-nothing"
            return "not-all" if is_narrow(gaps) else "not-conclusive"
