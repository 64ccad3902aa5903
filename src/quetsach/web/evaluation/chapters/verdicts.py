"""The first page: what can be said of each target, in words that a minister can repeat without being wrong."""

from quetsach.assess.effect.verdict import NotGiven, Verdict, Word
from quetsach.campaign import Measure, Target
from quetsach.centre.evaluation.inputs import Inputs
from quetsach.core.text import LocalText, Text
from quetsach.web.evaluation.chapters import summary
from quetsach.web.evaluation.chapters.words import percents, sentences
from quetsach.web.evaluation.document import Chapter, Statement, Tone

_TONES = {
    Word.ACHIEVED: Tone.ACHIEVED,
    Word.NOT_ACHIEVED: Tone.NOT_ACHIEVED,
    Word.NOT_DECIDED: Tone.NOT_DECIDED,
}
_NO_EFFECT = Text(
    "There is no analysis against controls, so it is not decided whether the campaign met the target. Before and after "
    "alone do not tell."
)
_OTHER_TARGET = Text("The registered analysis does not judge this target.")
_UNMEASURED = Text("Nothing that is held here measures this target.")


def verdicts(inputs: Inputs) -> Chapter:
    """Return the chapter: what was done, is known and is recommended, then one statement a target."""
    told = (summary.done(inputs), summary.known(inputs), summary.recommended(inputs))
    judged = (_verdict(target, inputs) for target in inputs.campaign.targets)
    return Chapter("verdicts", Text("Verdicts"), (*told, *judged))


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
    return Statement(_TONES[verdict.word], target.text, sentences(verdict.text, _with_figures(verdict)))


def _with_figures(verdict: Verdict) -> LocalText:
    found = percents(verdict.reduction, verdict.grounds.finding.confidence)
    likely = verdict.likelihood.text
    return Text("Reduction by the campaign: {found}. That the target was met is {likely}.", found=found, likely=likely)
