"""The first page: what was done, is known and is recommended, and what can be said of each target."""

from dataclasses import dataclass

from quetsach.assess import NO_VERDICT, percent_change, period_text
from quetsach.assess.definitions import change_of
from quetsach.assess.effect.verdict import NotGiven, Verdict, Word
from quetsach.assess.estimate import Estimate
from quetsach.campaign import Measure, Target
from quetsach.centre.evaluation.inputs import Inputs
from quetsach.core.text import Joined, LocalText, Number, Text
from quetsach.web.evaluation.document import Chapter, Points, Statement, Tone, percents, sentences

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
    told = (done(inputs), known(inputs), recommended(inputs))
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


# The first words of the report: what was done, what is known and what is recommended, as far as the data show it.


_NOTHING = Text("The centre's data hold no letter, no return and no machine scanned in this campaign.")
_NOTHING_KNOWN = Text("There are no figures of two windows to be compared.")
_NOTHING_LEFT = Text("The data show nothing left undone.")
_OBSERVED = Text("This is what was observed, and not what the campaign caused.")
_DEALT_WITH = ("machines-scanned", "machines-infected", "machines-cleaned", "machines-reinstalled")
_UNRESOLVED = "machines-unresolved"
"""Figures of the returns that say what was done with machines, where the form asks for them."""
_HOLIDAY = "holidays-differ"


def done(inputs: Inputs) -> Points:
    """Say what was done: letters, returns, machines scanned and cleaned."""
    texts = (*_letters(inputs), *_returns(inputs), *_machines(inputs))
    return Points(Text("Done"), texts or (_NOTHING,))


def known(inputs: Inputs) -> Points:
    """Say by how much addresses and infections changed: real figures first, and which figures are only for show."""
    changes = (*_published(inputs), *_counted(inputs))
    texts = (*changes, *_infections(inputs), *((_OBSERVED, NO_VERDICT) if changes else ()))
    return Points(Text("Known"), texts or (_NOTHING_KNOWN,))


def recommended(inputs: Inputs) -> Points:
    """Say what the same data leave to do."""
    texts = (*_unanswered(inputs), *_missing(inputs), *_not_cleaned(inputs), *_for_the_next_time(inputs))
    return Points(Text("Recommended"), texts or (_NOTHING_LEFT,))


def _letters(inputs: Inputs) -> list[LocalText]:
    found = inputs.outcome.letters if inputs.outcome else ()
    if not found:
        return []
    count, sent, read = (Number(n) for n in (len(found), *_sent_and_read(inputs)))
    return [
        Text(
            "Letters issued: {count}; recipients: {sent}, of which acknowledged: {read}.",
            count=count,
            sent=sent,
            read=read,
        )
    ]


def _returns(inputs: Inputs) -> list[LocalText]:
    found = inputs.outcome.returns if inputs.outcome else None
    if found is None:
        return []
    approved, expected = Number(found.approved), Number(found.expected)
    told: list[LocalText] = [
        Text(
            "Approved figures of {approved} of {expected} units that owe a return.",
            approved=approved,
            expected=expected,
        )
    ]
    totals = [total for id_ in _DEALT_WITH for total in found.totals if total.id == id_]
    if totals:
        figures = Joined((Joined((_Inside(t.name), Number(t.value)), ": ") for t in totals), "; ")
        told.append(Text("By these returns: {figures}.", figures=figures))
    return told


@dataclass(frozen=True, slots=True)
class _Inside:
    """A name inside a sentence: it begins with a small letter."""

    name: LocalText

    def in_language(self, language: str) -> str:
        text = self.name.in_language(language)
        return text[:1].lower() + text[1:]


def _machines(inputs: Inputs) -> list[LocalText]:
    found = inputs.tool
    if found is None or not found.installs:
        return []
    scanned, infected, cleaned = (Number(n) for n in (found.installs, found.with_findings, found.cleaned))
    return [
        Text(
            "Machines by voluntary reports of the tool: scanned {scanned}, malware found on {infected}, reported as "
            "cleaned {cleaned}.",
            scanned=scanned,
            infected=infected,
            cleaned=cleaned,
        )
    ]


def _published(inputs: Inputs) -> list[LocalText]:
    """Return the change by figures that the campaign published itself."""
    windows = [inputs.campaign.window(inputs.campaign.baseline), *inputs.campaign.measured_windows]
    told = [(w.name, w.published.addresses) for w in windows if w.published]
    if windows[0].published is None or len(told) < 2:
        return []
    (_, was), (name, now) = told[0], told[-1]
    return [_change(Text("Real figures, as published"), was, name, now)]


def _counted(inputs: Inputs) -> list[LocalText]:
    """Return the change that the centre counted itself, and the holidays in its window."""
    changed = [w for w in inputs.targets.windows if w.change is not None] if inputs.targets else []
    if not changed or inputs.targets is None:
        return []
    last = max(changed, key=lambda w: w.count.basis.window)
    what = Text("Figures of this centre for show (not real)") if inputs.not_real else Text("Counted by the centre")
    window = period_text(last.count.basis.window, "en")
    holidays = [n.text for n in inputs.targets.notices if n.code == _HOLIDAY and window in n.text.en]
    return [_change(what, inputs.targets.baseline.addresses, last.count.name, last.count.addresses), *holidays]


def _change(what: LocalText, was: int, name: LocalText, now: int) -> LocalText:
    return Text(
        "{what}: {before} addresses in the baseline window, {after} in “{name}” ({change}).",
        what=what,
        before=Number(was),
        after=Number(now),
        name=name,
        change=change_of(percent_change(now, was)),
    )


def _infections(inputs: Inputs) -> list[LocalText]:
    found = inputs.machines.machines if inputs.machines else None
    if not isinstance(found, Estimate):
        return []
    ends = (found.value, found.low, found.high) if found.value >= 0 else (-found.value, -found.high, -found.low)
    value, low, high = (Number(end, decimals=1) for end in ends)
    if found.value >= 0:
        text = Text("Infections on line fell by {value} % ({low} % to {high} %).", value=value, low=low, high=high)
    else:
        text = Text("Infections on line rose by {value} % ({low} % to {high} %).", value=value, low=low, high=high)
    return [text]


def _unanswered(inputs: Inputs) -> list[LocalText]:
    sent, read = _sent_and_read(inputs)
    if sent <= read:
        return []
    left = Number(sent - read)
    return [Text("Letters still to be acknowledged: {left}; urge the units.", left=left)]


def _missing(inputs: Inputs) -> list[LocalText]:
    found = inputs.outcome.returns if inputs.outcome else None
    if found is None or found.approved >= found.expected:
        return []
    left = Number(found.expected - found.approved)
    return [Text("Units whose figures are still to be collected or approved: {left}.", left=left)]


def _not_cleaned(inputs: Inputs) -> list[LocalText]:
    told: list[LocalText] = []
    found = inputs.tool
    totals = inputs.outcome.returns.totals if inputs.outcome and inputs.outcome.returns else ()
    if unresolved := next((total.value for total in totals if total.id == _UNRESOLVED), 0):
        left = Number(unresolved)
        told.append(Text("Machines that units reported as unresolved, to be dealt with: {left}.", left=left))
    if found is not None and found.with_findings > found.cleaned:
        left = Number(found.with_findings - found.cleaned)
        told.append(
            Text(
                "Machines to be helped, on which the tool found malware and which did not report as cleaned: {left}.",
                left=left,
            )
        )
    return told


def _for_the_next_time(inputs: Inputs) -> list[LocalText]:
    """Return what would let more be computed, and targets be judged."""
    told: list[LocalText] = []
    if inputs.grades is None and inputs.has_two_windows:
        told.append(Text("Ask the regulator for the subscribers of each provider, so that providers can be graded."))
    if inputs.effect is None or inputs.effect.registered is None:
        told.append(
            Text(
                "Before the next campaign, draw the order of roll-out and register the analysis, so that targets can "
                "be judged."
            )
        )
    return told


def _sent_and_read(inputs: Inputs) -> tuple[int, int]:
    found = inputs.outcome.letters if inputs.outcome else ()
    return sum(letter.addressed for letter in found), sum(letter.acknowledged for letter in found)
