"""Shadowserver's schema of its reports as a centre keeps it: taken in, and what comes of it told."""

from dataclasses import dataclass
from pathlib import Path

from quetsach import storage
from quetsach.centre.tables import load_layouts, load_report_schema, report_schema_path
from quetsach.core.errors import InputError
from quetsach.core.text import SystemText, Text
from quetsach.feeds.layout import Layout, Origin
from quetsach.feeds.report_schema import ReportSchema, read_report_schema


@dataclass(frozen=True, slots=True)
class SchemaInUse:
    """A schema, which of its layouts are used, and the layouts that stand before the others of it."""

    schema: ReportSchema
    used: tuple[Layout, ...]
    before: tuple[Layout, ...]


def schema_in_use(data: Path) -> SchemaInUse:
    """Say what comes of the schema that a centre keeps.

    Raises:
        QuetsachError: it keeps none, or what it keeps is damaged.
    """
    schema = load_report_schema(data)
    if schema is None:
        raise InputError(
            Text("this centre keeps no schema of reports"),
            where=str(report_schema_path(data)),
            hint=Text("download it from where Shadowserver publishes it, and name the file"),
        )
    reports = {layout.report for layout in schema.layouts}
    known = [layout for layout in load_layouts(data).of_feed(schema.layouts[0].feed) if layout.report in reports]
    return SchemaInUse(
        schema,
        tuple(layout for layout in known if layout.origin is Origin.SCHEMA),
        tuple(layout for layout in known if layout.origin is not Origin.SCHEMA),
    )


def keep_schema(data: Path, file: Path) -> SchemaInUse:
    """Put a schema into a centre's data, in place of what it had, and say what comes of it.

    Raises:
        QuetsachError: the file is no schema of reports, or cannot be kept; what the centre had is as it was.
    """
    content = storage.read_input(file)
    read_report_schema(content, where=file.name)
    path = report_schema_path(data)
    try:
        storage.make_folder(path.parent)
        storage.write(path, content)
    except OSError as error:
        what = Text("the schema cannot be kept: {reason}", reason=SystemText(error.strerror))
        raise InputError(what, where=str(path)) from error
    return schema_in_use(data)
