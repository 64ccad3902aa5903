"""What happened to a letter cannot be changed or taken out, also by whoever reaches the database past the program."""

from typing import Any

from django.db import migrations

TABLE = "office_letters_dispatchevent"
SQLITE = [
    f"""CREATE TRIGGER {TABLE}_stays_{act.lower()} BEFORE {act} ON {TABLE}
    BEGIN SELECT RAISE(ABORT, 'what happened to a letter stays'); END"""
    for act in ("UPDATE", "DELETE")
]
POSTGRESQL = [
    f"""CREATE FUNCTION {TABLE}_stays() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'what happened to a letter stays'; END $$""",
    f"""CREATE TRIGGER {TABLE}_stays BEFORE UPDATE OR DELETE ON {TABLE}
    FOR EACH ROW EXECUTE FUNCTION {TABLE}_stays()""",
]


def add(apps: Any, schema_editor: Any) -> None:
    for statement in {"sqlite": SQLITE, "postgresql": POSTGRESQL}.get(schema_editor.connection.vendor, []):
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("office_letters", "0001_initial")]
    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
