"""The description of the interface (OpenAPI 3.1): ninja tells its operations, this adds the open files and the rest."""

import json
from typing import Any

from ninja import NinjaAPI

from quetsach.web.api.open_data.documents import figures_schema
from quetsach.web.api.open_data.tables import TABLES, OpenTable
from quetsach.web.api.services import submission_schema
from quetsach.web.licence import LICENCE

PARTNER_TOKEN = "PartnerToken"  # noqa: S105  (the name of a scheme)


class DescribedApi(NinjaAPI):
    """The interface, described whole."""

    def get_openapi_schema(self, **words: Any) -> Any:
        """Return the description of operations, files, forms and the partners' token."""
        schema = super().get_openapi_schema(**words)
        prefix = self.get_root_path({})
        schema["info"]["license"] = {"name": LICENCE["title"], "identifier": LICENCE["name"]}
        schema["paths"] |= {f"{prefix}{name}": item for name, item in _files().items()}
        parts = schema["components"].setdefault("schemas", {})
        parts |= _parts("Figures", figures_schema()) | _parts("Submission", submission_schema())
        schema["components"]["securitySchemes"] = {
            PARTNER_TOKEN: {"type": "http", "scheme": "bearer", "description": "qsp_…, made in the office"}
        }
        return schema


def _files() -> dict[str, Any]:
    figures = {"application/json": {"schema": {"$ref": "#/components/schemas/Figures"}}}
    package = {"application/json": {"schema": {"type": "object"}}}
    return {
        "figures.json": _file("figures", "All figures about reported addresses, with definitions.", figures),
        **{table.file_name: _table(table) for table in TABLES},
        "datapackage.json": _file("package", "Licence, sources and columns of the tables (Data Package).", package),
    }


def _table(table: OpenTable) -> dict[str, Any]:
    columns = "\n".join(f"* `{column.name}` ({column.type}): {column.text.en}" for column in table.columns)
    return _file(table.name, f"{table.title.en}.", {"text/csv": {"schema": {"type": "string"}}}, columns)


def _file(name: str, summary: str, content: dict[str, Any], description: str = "") -> dict[str, Any]:
    headers = {"ETag": {"schema": {"type": "string"}, "description": "Send it back as If-None-Match."}}
    operation = {
        "operationId": f"open_{name}",
        "summary": summary,
        **({"description": description} if description else {}),
        "tags": ["open data"],
        "responses": {
            "200": {"description": "OK", "headers": headers, "content": content},
            "304": {"description": "Not Modified"},
        },
    }
    return {"get": operation, "head": operation | {"operationId": f"open_{name}_head"}}


def _parts(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    """Return a JSON Schema as components: what it defines for itself stands beside it, under its name."""
    text = json.dumps(schema).replace('"#/$defs/', f'"#/components/schemas/{name}.')
    whole = json.loads(text)
    defined = {f"{name}.{part}": of for part, of in whole.pop("$defs", {}).items()}
    return {name: {key: value for key, value in whole.items() if key not in ("$schema", "$id")}, **defined}
