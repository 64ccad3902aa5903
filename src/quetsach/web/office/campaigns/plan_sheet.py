"""The whole form of a plan: the campaign, its lists of rows, and the plan that they make.

Rows are added and taken out by buttons that send the form; nothing is kept between: what was typed comes along.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from django import forms, template
from django.forms import BaseFormSet, BoundField
from django.utils.text import slugify
from django.utils.translation import gettext as _

from quetsach.campaign.errors import CampaignError
from quetsach.campaign.record import Campaign, Measure, Target, Window, read_campaign
from quetsach.campaign.schedule.document import campaign_document
from quetsach.campaign.schedule.plan import Condition, Milestone, Need, Part, Phase, Stage
from quetsach.campaign.section import MAX_IDENTIFIER_LENGTH
from quetsach.core.period import Period
from quetsach.core.text import LocalText
from quetsach.web.design.faults import Fault, faults
from quetsach.web.design.words import here
from quetsach.web.office.campaigns.plan_form import (
    BASE,
    LIST_WORDS,
    PLAIN,
    SECTIONS,
    YEAR_BEFORE,
    GateForm,
    HeadForm,
    RowForm,
)
from quetsach.web.office.editions import Difference, chosen, differences

type Draft = dict[str, list[dict[str, Any]]]
"""What stands in the form: its rows by list, and what is said of the whole as the one row of ``head``."""

MOST_ROWS: Final = 60
_NO_LETTER = re.compile("[^a-z0-9]+")
_NEW: Final[Draft] = {
    "head": [{}],
    "phases": [
        {"stage": Stage.BEFORE, "name_vi": "Trước chiến dịch: chuẩn bị", "name_en": "Before: preparation"},
        {
            "stage": Stage.DURING,
            "name_vi": "Trong chiến dịch: rà soát và bóc gỡ",
            "name_en": "During: scanning and removal",
            Need.BASELINE_FROZEN: True,
            Need.BOTNETS_DECIDED: 10,
        },
        {
            "stage": Stage.AFTER,
            "name_vi": "Sau chiến dịch: đánh giá",
            "name_en": "After: evaluation",
            Need.LETTERS_ISSUED: 1,
            Need.RETURNS_PUBLISHED: True,
        },
    ],
    "parts": [],
    "milestones": [],
    "targets": [{"measure": Measure.WINDOW_ADDRESSES, "change_percent": -50}],
    "windows": [{"role": BASE, "name_vi": "Kỳ làm mốc", "name_en": "Baseline"}, {"role": PLAIN}],
}
register = template.Library()


class _Rows(forms.BaseFormSet):  # type: ignore[type-arg]  # not generic when it runs
    """Rows of which none must be there: what is blank is no row, whether it was filled in before or not."""

    def initial_form_count(self) -> int:
        """Return no row that must be kept."""
        return 0 if self.is_bound else super().initial_form_count()


class PlanSheet:
    """The form of a plan. ``before`` is the plan that it changes, ``None`` for a new campaign.

    ``draft`` shows what was typed without judging it; ``data`` is judged.
    """

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        draft: Draft | None = None,
        before: Campaign | None = None,
        revision: int = 0,
    ) -> None:
        self.before = before
        shown = draft or (draft_of(before, revision) if before else _NEW)
        self.head = HeadForm(data, initial=shown["head"][0], is_new=before is None)
        self.lists: dict[str, forms.BaseFormSet[RowForm]] = {
            name: forms.formset_factory(
                form, formset=_Rows, extra=0, max_num=MOST_ROWS, absolute_max=MOST_ROWS, validate_max=True
            )(data, prefix=name, initial=shown[name])
            for name, form in SECTIONS.items()
        }
        self.clash: list[Difference] = []
        self._places: dict[str, forms.Form] = {}

    @property
    def is_sent(self) -> bool:
        """Whether it is to be judged."""
        return self.head.is_bound

    @property
    def errors(self) -> list[Fault]:
        """Every fault with its field, in the order of the page."""
        lists = [fault for rows in self.lists.values() if rows.is_bound for fault in rows.non_form_errors()]
        every: list[forms.Form] = [self.head, *(row for rows in self.lists.values() for row in rows)]
        found = [Fault("", "", str(text)) for text in lists]
        for form in every if self.is_sent else ():
            found += [Fault("", "", str(text)) for text in form.non_field_errors()]
            found += faults(form)
        return found

    def is_valid(self) -> bool:
        """Whether the form makes a plan; what is wrong stands at its row."""
        if not all([self.head.is_valid(), *(rows.is_valid() for rows in self.lists.values())]):
            return False
        plan = self._plan()
        if self.errors:
            return False
        try:
            self.plan = read_campaign(campaign_document(plan), file="campaign.toml")
        except CampaignError as error:
            self._refuse(error)
        return not self.errors

    def stand_on(self, plan: Campaign, revision: int) -> None:
        """Show what differs from the plan in force where that is newer than the one that was sent along.

        From then on the form stands on the newer one: sending it once more is a decision.
        """
        if self.head.cleaned_data.get("revision") in (None, revision):
            return
        self.clash = differences(self._beside(draft_of(plan)))
        self.head.data = {**dict(self.head.data.items()), "revision": str(revision)}

    def _beside(self, stored: Draft) -> Iterator[tuple[str, Any, Any]]:
        """Yield each field with what is in force and what was typed; a row that only one has, by its name."""
        for field in self.head.visible_fields():
            if field.name in stored["head"][0]:
                yield str(field.label), stored["head"][0][field.name], self.head.cleaned_data.get(field.name)
        for name in self.lists:
            called, kept = LIST_WORDS[name][1], {row["id"]: row for row in stored[name]}
            for row in self._filled(name):
                typed = row.cleaned_data
                old = kept.pop(typed["id"], None)
                title = f"{called} “{_called(typed)}”"
                if old is None:
                    yield title, "", _("new")
                    continue
                for field in row.visible_fields():
                    was, becomes = (_comparable(field.field, values.get(field.name)) for values in (old, typed))
                    yield f"{title}: {field.label}", was, becomes
            for old in kept.values():
                yield f"{called} “{_called(old)}”", _("stands in the plan"), ""

    def _plan(self) -> Campaign:
        head, before = self.head.cleaned_data, self.before
        windows = self._windows()
        roles = {role: w.id for w, role in windows}
        if BASE not in roles or [role for _w, role in windows].count(BASE) > 1:
            self.head.add_error(None, _("Exactly one window is the baseline."))
        if [role for _w, role in windows].count(YEAR_BEFORE) > 1:
            self.head.add_error(None, _("At most one window is that of the year before."))
        return Campaign(
            id=before.id if before else head["key"],
            name=LocalText(head["name_vi"], head["name_en"]),
            summary=LocalText(head["summary_vi"], head["summary_en"]),
            phases=self._phases(),
            targets=self._targets(),
            windows=tuple(window for window, _role in windows),
            baseline=roles.get(BASE, ""),
            previous_year=roles.get(YEAR_BEFORE, ""),
            milestones=self._milestones(),
            feeds=self.head.feed_names(),
        )

    def _phases(self) -> tuple[Phase, ...]:
        rows = sorted(self._filled("phases"), key=lambda row: row.cleaned_data["first"])
        known = {p.id: p for p in self.before.phases} if self.before else {}
        names = _Identifiers(rows)
        made = []
        for number, row in enumerate(rows, 1):
            self._places[f"phases[{number}]"] = row
            chosen = row.cleaned_data
            key = names.of(row, chosen["stage"])
            old = known.get(key)
            conditions = row.conditions(old.conditions if old else ())  # type: ignore[attr-defined]
            made.append(Phase(key, _name(row), _days(row), Stage(chosen["stage"]), (), conditions))
        return self._with_parts(made)

    def _with_parts(self, phases: list[Phase]) -> tuple[Phase, ...]:
        """Put each part into the phase in whose days it begins."""
        for row in sorted(self._filled("parts"), key=lambda row: row.cleaned_data["first"]):
            days = _days(row)
            at = next((n for n, phase in enumerate(phases) if days.first in phase.period), None)
            if at is None:
                row.add_error("first", _("These days lie in no phase."))
                continue
            phase = phases[at]
            names = _Identifiers([row], {part.id for part in phase.parts})
            parts = (*phase.parts, Part(names.of(row, f"dot-{len(phase.parts) + 1}"), _name(row), days))
            phases[at] = replace(phase, parts=parts)
            self._places[f"phases[{at + 1}].parts[{len(parts)}]"] = row
        return tuple(phases)

    def _milestones(self) -> tuple[Milestone, ...]:
        known = {m.id: m for m in self.before.milestones} if self.before else {}
        rows = self._filled("milestones")
        names = _Identifiers(rows)
        made = []
        for number, row in enumerate(rows, 1):
            self._places[f"milestones[{number}]"] = row
            key = names.of(row, slugify(row.cleaned_data["name_en"]))
            conditions = row.conditions(known[key].conditions if key in known else ())  # type: ignore[attr-defined]
            made.append(Milestone(key, _name(row), row.cleaned_data["on"], conditions))
        return tuple(made)

    def _targets(self) -> tuple[Target, ...]:
        rows = self._filled("targets")
        names = _Identifiers(rows)
        made = []
        for number, row in enumerate(rows, 1):
            self._places[f"targets[{number}]"] = row
            chosen = row.cleaned_data
            text = LocalText(chosen["text_vi"], chosen["text_en"])
            key = names.of(row, slugify(text.en))
            made.append(Target(key, text, Measure(chosen["measure"]), chosen["change_percent"]))
        return tuple(made)

    def _windows(self) -> list[tuple[Window, str]]:
        known = {w.id: w for w in self.before.windows} if self.before else {}
        rows = self._filled("windows")
        names = _Identifiers(rows)
        made = []
        for number, row in enumerate(rows, 1):
            self._places[f"windows[{number}]"] = row
            role = row.cleaned_data["role"]
            key = names.of(row, role or slugify(row.cleaned_data["name_en"]))
            published = known[key].published if key in known else None
            made.append((Window(key, _name(row), _days(row), published), role))
        return made

    def _filled(self, name: str) -> list[RowForm]:
        return [row for row in self.lists[name] if row.cleaned_data]

    def _refuse(self, error: CampaignError) -> None:
        """Put an error of the plan at the row and field that it is about."""
        place = max((p for p in self._places if error.field.startswith(p)), key=len, default="")
        form = self._places.get(place, self.head)
        field = error.field.removeprefix(place).strip(".").replace(".", "_")
        form.add_error(
            field if field in form.fields else None, f"{here(error.text)[:1].upper()}{here(error.text)[1:]}."
        )


class _Identifiers:
    """Gives rows that are new an identifier that no other row has."""

    def __init__(self, rows: list[RowForm], taken: set[str] | None = None) -> None:
        self._taken = {row.cleaned_data["id"] for row in rows if row.cleaned_data["id"]} | (taken or set())

    def of(self, row: RowForm, wanted: str) -> str:
        """Return the identifier of a row, the wanted one if it is new and that is free."""
        if row.cleaned_data["id"]:
            return str(row.cleaned_data["id"])
        base = _NO_LETTER.sub("-", wanted)[: MAX_IDENTIFIER_LENGTH - 4].strip("-") or "x"
        found = next(name for name in (base, *(f"{base}-{n}" for n in range(2, 999))) if name not in self._taken)
        self._taken.add(found)
        return found


def _called(row: Mapping[str, Any]) -> str:
    return str(row.get("name_vi") or row.get("text_vi"))


def _comparable(field: forms.Field, value: Any) -> Any:
    return bool(value) if isinstance(field, forms.BooleanField) else chosen(field, value)


def _name(row: RowForm) -> LocalText:
    return LocalText(row.cleaned_data["name_vi"], row.cleaned_data["name_en"])


def _days(row: RowForm) -> Period:
    return Period(row.cleaned_data["first"], row.cleaned_data["last"])


def draft_of(plan: Campaign, revision: int = 0) -> Draft:
    """Return what a form shows of a plan."""
    head = {"key": plan.id, "feeds": "\n".join(plan.feeds), "revision": revision}
    head |= _both("name", plan.name) | _both("summary", plan.summary)
    roles = {plan.baseline: BASE, plan.previous_year: YEAR_BEFORE}
    return {
        "head": [head],
        "phases": [_span(p) | {"stage": p.stage} | _gate(p.conditions) for p in plan.phases],
        "parts": [_span(part) for phase in plan.phases for part in phase.parts],
        "milestones": [{"id": m.id, "on": m.on} | _both("name", m.name) | _gate(m.conditions) for m in plan.milestones],
        "targets": [
            {"id": t.id, "measure": t.measure, "change_percent": t.change_percent} | _both("text", t.text)
            for t in plan.targets
        ],
        "windows": [_span(w) | {"role": roles.get(w.id, PLAIN)} for w in plan.windows],
    }


def draft_sent(data: Mapping[str, Any], *, is_new: bool) -> Draft:
    """Return what was typed into a form, word for word, with one row more or less if a button asked for that."""
    draft: Draft = {"head": [{name: data.get(name, "") for name in HeadForm(is_new=is_new).fields}]}
    for name, form in SECTIONS.items():
        count = data.get(f"{name}-TOTAL_FORMS", "")
        rows = range(min(int(count), MOST_ROWS) if count.isdecimal() and len(count) < 6 else 0)
        fields = form().fields
        draft[name] = [{field: data.get(f"{name}-{row}-{field}", "") for field in fields} for row in rows]
    added, (taken, _dash, number) = data.get("add", ""), data.get("remove", "").partition("-")
    if added in SECTIONS and len(draft[added]) < MOST_ROWS:
        draft[added].append({})
    if taken in SECTIONS and number.isdecimal() and len(number) < 6 and int(number) < len(draft[taken]):
        del draft[taken][int(number)]
    return draft


def _span(item: Phase | Part | Window) -> dict[str, Any]:
    return {"id": item.id, "first": item.period.first, "last": item.period.last} | _both("name", item.name)


def _both(name: str, text: LocalText) -> dict[str, Any]:
    return {f"{name}_vi": text.vi, f"{name}_en": text.en}


def _gate(conditions: tuple[Condition, ...]) -> dict[str, Any]:
    about = [c.subject for c in conditions if c.needs is Need.DECISION_RECORDED]
    return {c.needs.value: c.least for c in conditions} | {"decisions": "\n".join(about)}


@dataclass(frozen=True, slots=True)
class SheetList:
    """One list of the form of a plan, with what is said about it."""

    key: str
    rows: "BaseFormSet[RowForm]"
    title: str
    one: str
    help: str
    add: str
    gate: str


@register.filter
def sheet_lists(sheet: PlanSheet) -> list[SheetList]:
    """Return the lists of a plan's form in the order of the page, in words."""
    return [SheetList(key, rows, *(str(text) for text in LIST_WORDS[key])) for key, rows in sheet.lists.items()]


@register.filter
def row_fields(row: RowForm) -> list[BoundField]:
    """Return the fields of a row that are no conditions."""
    conditions = {field.name for field in row.gate} if isinstance(row, GateForm) else set()
    return [field for field in row.visible_fields() if field.name not in conditions]
