"""``quetsach center feeds schema``: Shadowserver's schema of its reports is taken in, or what comes of it told."""

import argparse

from quetsach.centre.report_schemas import SchemaInUse, keep_schema, schema_in_use
from quetsach.cli.locations import default_data
from quetsach.cli.output import print_json, print_table, say, tell
from quetsach.cli.parser import ExitCode, chosen_language
from quetsach.core.text import Text, all_in_language, both
from quetsach.feeds.layout import ORIGIN_NAMES, SUBJECT_NAMES

_USED = (Text("report"), Text("content"), Text("addresses", context="subject"))
_BEFORE = (Text("report"), Text("read by the layout of"), Text("version"))
_LEFT_OUT = (Text("report"), Text("left out, because"))
_LEFT_RAW = (Text("report"), Text("column"), Text("unknown function"))


def schema(arguments: argparse.Namespace) -> int:
    """Take a schema in, where a file is named, and tell what comes of the one in use."""
    data = arguments.data or default_data()
    found = schema_in_use(data) if arguments.file is None else keep_schema(data, arguments.file)
    if arguments.json:
        print_json(_as_json(found))
    else:
        _print(found, chosen_language(arguments))
    return ExitCode.NOTHING_FOUND


def _print(found: SchemaInUse, language: str) -> None:
    told = Text(
        "Schema of {day}: {used} reports are read by it, {before} by other layouts, {left_out} are left out",
        day=found.schema.version or "—",
        used=len(found.used),
        before=len(found.before),
        left_out=len(found.schema.left_out),
    )
    tell(told, language)
    used = [(one.report, one.summary, SUBJECT_NAMES[one.subject]) for one in found.used]
    before = [(one.report, ORIGIN_NAMES[one.origin], one.version or "—") for one in found.before]
    raw = [(one.report, one.column, one.function) for one in found.schema.left_raw]
    for header, rows in ((_USED, used), (_BEFORE, before), (_LEFT_OUT, found.schema.left_out), (_LEFT_RAW, raw)):
        if rows:
            say("")
            cells = [[cell if isinstance(cell, str) else cell.in_language(language) for cell in row] for row in rows]
            print_table(all_in_language(header, language), cells)
    if raw:
        say("")
        tell(Text("What an unknown function was to convert stays in extra as it was written."), language)


def _as_json(found: SchemaInUse) -> dict[str, object]:
    return {
        "version": found.schema.version,
        "used": [{"report": one.report, "subject": one.subject} for one in found.used],
        "before": [
            {"report": one.report, "subject": one.subject, "origin": one.origin, "version": one.version}
            for one in found.before
        ],
        "left_out": [{"report": name, "reason": both(reason)} for name, reason in found.schema.left_out],
        "left_raw": [
            {"report": one.report, "column": one.column, "key": one.key, "function": one.function}
            for one in found.schema.left_raw
        ],
    }
