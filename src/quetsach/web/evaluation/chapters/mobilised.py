"""What was done: machines cleaned with the tool, letters down the tree, returns up."""

from quetsach.centre.evaluation.inputs import Fleet, Inputs
from quetsach.core.text import Number, Text
from quetsach.web.evaluation.document import Cell, Chapter, Column, Form, Gap, Paragraph, Statement, Table, Tone

_NO_REPORTS = Text("No report of the tool was sent.")
_VOLUNTEERS = Text(
    "Anyone can send a report: this is what people told, and no sample of the country's machines. What one network "
    "sends in a day counts up to a limit; what was withdrawn does not count."
)
_NO_LETTERS = Text("No letter of the campaign was issued.")
_NO_RETURNS = Text("No totals of returns were published.")


def tool(inputs: Inputs) -> Chapter:
    """Return the chapter of the tool: machines cleaned for each 1,000 that were scanned."""
    title = Text("What the tool cleaned")
    found = inputs.tool
    if found is None or not found.installs:
        return Chapter("tool", title, (Gap(title, _NO_REPORTS),))
    per_thousand = 1000 * found.cleaned / found.installs
    rows: tuple[tuple[Cell, ...], ...] = (
        (Text("Machines scanned"), found.installs),
        (Text("Machines with findings"), found.with_findings),
        (Text("Machines reported as cleaned"), found.cleaned),
        (
            Text("Reported as cleaned for each 1,000 scanned"),
            round(per_thousand, 1),
        ),
    )
    columns = (
        Column("what", Text("Figure")),
        Column("value", Text("Value"), Form.NUMBER, 1),
    )
    families = Table(
        "tool-families",
        Text("By family"),
        (
            Column("id", Text("Code"), Form.CODE),
            Column("family", Text("Family")),
            Column("installs", Text("Machines"), Form.NUMBER),
        ),
        tuple((family, found.names[family], installs) for family, installs in found.families.items()),
        Text("Families of fewer than 10 machines are not shown."),
    )
    table = Table("tool", Text("Machines, not runs"), columns, rows)
    shown = (*((families,) if found.families else ()), *((_fleets(found.fleets),) if found.fleets else ()))
    return Chapter("tool", title, (table, *shown, Paragraph(_VOLUNTEERS)))


def _fleets(fleets: tuple[Fleet, ...]) -> Table:
    columns = (
        Column("id", Text("Code"), Form.CODE),
        Column("name", Text("Province or ministry")),
        Column("installs", Text("Machines scanned"), Form.NUMBER),
        Column("with_findings", Text("With findings"), Form.NUMBER),
        Column("cleaned", Text("Reported as cleaned"), Form.NUMBER),
        Column("per_thousand", Text("Reported as cleaned per 1,000"), Form.NUMBER, 1),
    )
    rows = tuple(
        (f.id, f.name, f.installs, f.with_findings, f.cleaned, _per_thousand(f.cleaned, f.installs)) for f in fleets
    )
    note = Text(
        "Reports that carry a unit's code, by the province or ministry of the unit; the same machines can also be in "
        "its return. Rounded to tens; small figures, and those that would tell one, are not shown."
    )
    return Table("tool-fleets", Text("By units"), columns, rows, note)


def _per_thousand(cleaned: int | None, installs: int | None) -> float | None:
    return None if cleaned is None or not installs else 1000 * cleaned / installs


def letters(inputs: Inputs) -> Chapter:
    """Return the chapter of letters: how many units each went to, how many have read it."""
    title = Text("Letters")
    found = inputs.outcome.letters if inputs.outcome else ()
    if not found:
        return Chapter("letters", title, (Gap(title, _NO_LETTERS), *_outside(inputs)))
    columns = (
        Column("number", Text("Number and sign")),
        Column("issued_on", Text("Day"), Form.DAY),
        Column("issuer", Text("Issued by")),
        Column("addressed", Text("Sent to"), Form.NUMBER),
        Column("acknowledged", Text("Acknowledged"), Form.NUMBER),
        Column("share", Text("Share"), Form.PERCENT, 1),
    )
    rows = tuple(
        (
            f.number,
            f.issued_on,
            f.issuer,
            f.addressed,
            f.acknowledged,
            100 * f.acknowledged / f.addressed if f.addressed else None,
        )
        for f in found
    )
    table = Table("letters", title, columns, rows)
    return Chapter("letters", title, (table, *_outside(inputs), *_of_the_tree(inputs)))


def _outside(inputs: Inputs) -> tuple[Paragraph, ...]:
    """Say how many letters of the campaign were issued after it, which are not counted."""
    if not inputs.letters_outside:
        return ()
    count, last = inputs.letters_outside, inputs.campaign.span.last
    return (
        Paragraph(
            Text(
                "Not counted: {count} issued outside the time of the campaign, which ended on {last}.",
                count=count,
                last=last,
            )
        ),
    )


def _of_the_tree(inputs: Inputs) -> tuple[Paragraph, ...]:
    """Return of which day the tree of units truly is, where another day's stands for it."""
    return (Paragraph(inputs.tree_note),) if inputs.tree_note else ()


def returns(inputs: Inputs) -> Chapter:
    """Return the chapter of returns: published totals, and how complete they are."""
    title = Text("Returns of the units")
    found = inputs.outcome.returns if inputs.outcome else None
    if found is None:
        return Chapter("returns", title, (Gap(title, _NO_RETURNS),))
    title_said = Text(
        "Approved returns hold the figures of {approved} of {expected} units that owe one ({complete} %)",
        approved=Number(found.approved),
        expected=Number(found.expected),
        complete=Number(found.complete_percent, decimals=1),
    )
    said = Statement(Tone.FACT, title_said, found.note)
    columns = (
        Column("figure", Text("Figure")),
        Column("value", Text("Total"), Form.NUMBER),
    )
    rows = tuple((t.name, t.value) for t in found.totals)
    return Chapter("returns", title, (said, Table("returns", title, columns, rows), *_of_the_tree(inputs)))
