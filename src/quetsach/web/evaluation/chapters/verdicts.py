"""The first page: what can be said of each target, in words that a minister can repeat without being wrong."""

from quetsach.assess import NO_VERDICT
from quetsach.assess.effect.verdict import NotGiven, Verdict, Word
from quetsach.campaign import Measure, Target
from quetsach.core.number import change_text, number_text
from quetsach.core.pack import LocalText
from quetsach.web.evaluation.chapters import summary
from quetsach.web.evaluation.chapters.words import joined, percents
from quetsach.web.evaluation.document import Block, Paragraph, Section, Statement, Tone
from quetsach.web.evaluation.inputs import Inputs

_TONES = {
    Word.ACHIEVED: Tone.ACHIEVED,
    Word.NOT_ACHIEVED: Tone.NOT_ACHIEVED,
    Word.NOT_DECIDED: Tone.NOT_DECIDED,
}
_NO_EFFECT = LocalText(
    "Chưa có phân tích so với đơn vị đối chứng, nên không kết luận được chiến dịch đã đạt chỉ tiêu hay chưa. So sánh "
    "trước và sau không cho biết điều đó.",
    "There is no analysis against controls, so it is not decided whether the campaign met the target. Before and after "
    "alone do not tell.",
)
_OTHER_TARGET = LocalText(
    "Bản phân tích đã đăng ký không đánh giá chỉ tiêu này.", "The registered analysis does not judge this target."
)
_UNMEASURED = LocalText(
    "Không có dữ liệu nào trong hệ thống đo được chỉ tiêu này.", "Nothing that is held here measures this target."
)


def verdicts(inputs: Inputs) -> Section:
    """Return the chapter: what was done and what comes next, one statement a target, then the plain change."""
    blocks: list[Block] = [Paragraph(summary.done(inputs)), Paragraph(summary.next_steps(inputs))]
    blocks += [_verdict(target, inputs) for target in inputs.campaign.targets]
    if plain := _plain_change(inputs):
        blocks += [plain, Paragraph(NO_VERDICT)]
    return Section("verdicts", LocalText("Kết luận", "Verdicts"), tuple(blocks))


def _verdict(target: Target, inputs: Inputs) -> Statement:
    if target.measure is Measure.NONE:
        return Statement(Tone.NOT_DECIDED, target.text, _UNMEASURED)
    if inputs.effect is None:
        return Statement(Tone.NOT_DECIDED, target.text, _NO_EFFECT)
    verdict = inputs.effect.verdict
    if isinstance(verdict, NotGiven):
        return Statement(Tone.NOT_DECIDED, target.text, verdict.text)
    if (target.id, -target.change_percent / 100) != (verdict.target_id, verdict.target):
        return Statement(Tone.NOT_DECIDED, target.text, _OTHER_TARGET)
    return Statement(_TONES[verdict.word], target.text, joined(verdict.text, _with_figures(verdict)))


def _with_figures(verdict: Verdict) -> LocalText:
    found = percents(verdict.reduction.value, verdict.reduction.low, verdict.reduction.high)
    likely = verdict.likelihood.text
    return LocalText(
        f"Phần giảm nhờ chiến dịch: {found.vi}. Khả năng đã đạt chỉ tiêu: {likely.vi}.",
        f"Reduction by the campaign: {found.en}. That the target was met is {likely.en}.",
    )


def _plain_change(inputs: Inputs) -> Statement | None:
    changed = [w for w in inputs.targets.windows if w.change is not None] if inputs.targets else []
    if not changed:
        return None
    last = max(changed, key=lambda w: w.count.basis.window)
    if last.change is None:
        return None
    return Statement(
        Tone.FACT,
        LocalText(
            f"{last.count.name.vi}: {change_text(last.change.value, 'vi')} so với mốc",
            f"{last.count.name.en}: {change_text(last.change.value, 'en')} against the baseline",
        ),
        LocalText(
            f"{number_text(last.count.addresses, 'vi')} địa chỉ trong cả kỳ. Đây là thay đổi quan sát được, chưa phải "
            "là kết quả của chiến dịch.",
            f"{number_text(last.count.addresses, 'en')} addresses in the whole window. This is what was observed, and "
            "not what the campaign caused.",
        ),
    )
