"""What open data consists of: the figures, the tables, and the documents that describe them to programs."""

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import override
from ninja import NinjaAPI

from quetsach.core.text import LocalText, Text
from quetsach.network import ATTRIBUTION
from quetsach.web import identity
from quetsach.web.api.open_data.tables import TABLES, OpenTable
from quetsach.web.api.services import submission_schema
from quetsach.web.identity import LICENCE
from quetsach.web.published import selectors

PACKAGE = "datapackage.json"
FIGURES_SCHEMA = "figures.schema.json"
PARQUET = "application/vnd.apache.parquet"


def dataset_description() -> LocalText:
    """Return what the published figures are, in a sentence that names the country."""
    return Text(
        "IP addresses in {country} that sources report for malware: by window of each campaign against its baseline, "
        "by malware family, Internet provider, province and sector, with how each is counted. An address is not a "
        "machine.",
        country=settings.COUNTRY.name,
    )


@cache
def figures_schema() -> dict[str, Any]:
    """Return the JSON Schema of ``figures.json`` (draft 2020-12)."""
    text = resources.files(__package__).joinpath(FIGURES_SCHEMA).read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def figures_document() -> dict[str, Any]:
    """Return all figures about reported addresses, with their windows, definitions and licence."""
    snapshot = selectors.published_snapshot()
    document: dict[str, Any] = snapshot.as_json() if snapshot else {"format": None, "counted_at": None}
    document.pop("family_names", None)
    for campaign in document.get("campaigns", ()):
        del campaign["charts"]
    definitions = [definition.as_json() for definition in selectors.definitions()]
    return {**document, "definitions": definitions, **_terms(), "schema": file_url(FIGURES_SCHEMA)}


def package() -> dict[str, Any]:
    """Describe the files as a Data Package (datapackage.org), which is where programs find licence and columns."""
    snapshot = selectors.published_snapshot()
    figures = {
        "name": "figures",
        "path": "figures.json",
        "title": "All figures about reported addresses",
        "title_vi": "Toàn bộ số liệu về địa chỉ được ghi nhận",
        "format": "json",
        "mediatype": "application/json",
        "encoding": "utf-8",
        "jsonSchema": file_url(FIGURES_SCHEMA),
    }
    return {
        "name": "quetsach-figures",
        "title": "Quét Sạch: published figures",
        "title_vi": "Quét Sạch: số liệu công bố",
        "homepage": _home(),
        **({"created": snapshot.counted_at.isoformat()} if snapshot else {}),
        "licenses": [LICENCE],
        "sources": [{"title": name, "path": url} for name, url in ATTRIBUTION],
        **({"contributors": [{"title": selectors.publisher(), "role": "publisher"}]} if selectors.publisher() else {}),
        "resources": [figures, *(_resource(table) for table in TABLES), *(_parquet(table) for table in TABLES)],
    }


def dataset() -> dict[str, Any]:
    """Describe the data to search engines (schema.org Dataset), with all files as its distributions."""
    snapshot, months = selectors.published_snapshot(), selectors.published_months()
    files = {"figures.json": "application/json"} | {table.file_name: "text/csv" for table in TABLES}
    files |= {table.parquet_name: PARQUET for table in TABLES}
    publisher = {"@type": "Organization", "name": selectors.publisher()}
    windows = [window for campaign in snapshot.campaigns for window in campaign.windows] if snapshot else []
    described = dataset_description()
    days = [day for window in (*windows, *(month.latest for month in months)) for day in (window.first, window.last)]
    return {
        "@context": "https://schema.org",
        "@type": "Dataset",
        "name": "Quét Sạch: số liệu công bố",
        "alternateName": "Quét Sạch: published figures",
        "description": f"{described.vi} {described.en}",
        "url": _home(),
        "inLanguage": ["vi", "en"],
        "license": LICENCE["path"],
        "isAccessibleForFree": True,
        "keywords": ["mã độc", "botnet", "malware", "địa chỉ IP"],
        "spatialCoverage": {"@type": "Country", "name": settings.COUNTRY.name.vi},
        **({"creator": publisher, "publisher": publisher} if selectors.publisher() else {}),
        **({"dateModified": snapshot.counted_at.isoformat()} if snapshot else {}),
        **({"temporalCoverage": f"{min(days)}/{max(days)}"} if days else {}),
        "distribution": [
            {"@type": "DataDownload", "name": name, "encodingFormat": kind, "contentUrl": file_url(name)}
            for name, kind in files.items()
        ],
    }


_TABLE_FILES = tuple(name for table in TABLES for name in (table.file_name, table.parquet_name))


def index() -> dict[str, Any]:
    """Return what stands at the root of the interface: where everything is."""
    return {
        **_terms(),
        "description": file_url("openapi.json"),
        "package": file_url(PACKAGE),
        "files": [file_url(name) for name in ("figures.json", *_TABLE_FILES)],
        "schemas": [file_url(FIGURES_SCHEMA), file_url("submission.schema.json")],
    }


def file_url(name: str) -> str:
    """Return the public address of one file."""
    return identity.site() + reverse("open-file", args=[name])


def page_urls() -> Mapping[str, str]:
    """Return the public address of the page about open data, by language."""
    urls = {}
    for language, _name in settings.LANGUAGES:
        with override(language):
            urls[language] = identity.site() + reverse("open-data")
    return urls


def _home() -> str:
    """Return the address of that page in the first language of the country."""
    return page_urls()[settings.LANGUAGES[0][0]]


def _terms() -> dict[str, Any]:
    return {"licence": LICENCE, "publisher": selectors.publisher() or None, "documentation": dict(page_urls())}


def _resource(table: OpenTable) -> dict[str, Any]:
    return {
        "name": table.name,
        "path": table.file_name,
        "title": table.title.en,
        "title_vi": table.title.vi,
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "dialect": {"delimiter": ",", "lineTerminator": "\r\n", "quoteChar": '"', "doubleQuote": True, "header": True},
        "schema": {
            "fields": [
                {
                    "name": column.name,
                    "type": column.type,
                    "description": column.text.en,
                    "description_vi": column.text.vi,
                    **({} if column.may_be_empty else {"constraints": {"required": True}}),
                }
                for column in table.columns
            ],
            "missingValues": [""],
            "primaryKey": list(table.key),
        },
    }


def _parquet(table: OpenTable) -> dict[str, Any]:
    """Describe the Parquet file of a table, which says by itself what its columns are."""
    return {
        "name": f"{table.name}-parquet",
        "path": table.parquet_name,
        "title": table.title.en,
        "title_vi": table.title.vi,
        "format": "parquet",
        "mediatype": PARQUET,
    }


# The description of the interface (OpenAPI 3.1): ninja tells its operations, this adds the open files and the rest.

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
        **{table.parquet_name: _table_in_parquet(table) for table in TABLES},
        "datapackage.json": _file("package", "Licence, sources and columns of the tables (Data Package).", package),
    }


def _table(table: OpenTable) -> dict[str, Any]:
    columns = "\n".join(f"* `{column.name}` ({column.type}): {column.text.en}" for column in table.columns)
    return _file(table.name, f"{table.title.en}.", {"text/csv": {"schema": {"type": "string"}}}, columns)


def _table_in_parquet(table: OpenTable) -> dict[str, Any]:
    content = {PARQUET: {"schema": {"type": "string", "format": "binary"}}}
    return _file(f"{table.name}-parquet", f"{table.title.en} (Parquet).", content)


def _file(name: str, summary: str, content: dict[str, Any], description: str = "") -> dict[str, Any]:
    headers = {"ETag": {"schema": {"type": "string"}, "description": "Send it back as If-None-Match."}}
    operation = {
        "operationId": f"open_{name}",
        "summary": summary,
        **({"description": description} if description else {}),
        "tags": ["open data"],
        "responses": {
            "200": {"description": "OK", "headers": headers, "content": content},
            "206": {"description": "Partial Content: one part, asked for with Range."},
            "304": {"description": "Not Modified"},
            "416": {"description": "Range Not Satisfiable"},
        },
    }
    return {"get": operation, "head": operation | {"operationId": f"open_{name}_head"}}


def _parts(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    """Return a JSON Schema as components: what it defines for itself stands beside it, under its name."""
    text = json.dumps(schema).replace('"#/$defs/', f'"#/components/schemas/{name}.')
    whole = json.loads(text)
    defined = {f"{name}.{part}": of for part, of in whole.pop("$defs", {}).items()}
    return {name: {key: value for key, value in whole.items() if key not in ("$schema", "$id")}, **defined}
