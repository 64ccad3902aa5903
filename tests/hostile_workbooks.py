"""XLSX files of a few kilobytes that ask for minutes or gigabytes, each below the size that may be uploaded."""

import io
import zipfile
from collections.abc import Callable, Iterable, Mapping

_XML = '<?xml version="1.0" encoding="UTF-8"?>'
_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_LINKS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def sheet(pieces: Iterable[str]) -> bytes:
    """Return a sheet with these rows."""
    return f"{_XML}<worksheet {_MAIN}><sheetData>{''.join(pieces)}</sheetData></worksheet>".encode()


def workbook(part: bytes, *, strings: bytes = b"", sheets: int = 1, more: Mapping[str, bytes] | None = None) -> bytes:
    """Return a workbook whose sheets are all the same part."""
    numbers = range(1, sheets + 1)
    kinds = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_KIND}.worksheet+xml"/>' for n in numbers
    )
    links = "".join(
        f'<Relationship Id="r{n}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n in numbers
    )
    named = "".join(f'<sheet name="S{n}" sheetId="{n}" r:id="r{n}"/>' for n in numbers)
    defaults = '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    parts = {
        "[Content_Types].xml": f'{_XML}<Types xmlns="{_TYPES}">{defaults}'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_KIND}.sheet.main+xml"/>{kinds}'
        f'<Override PartName="/xl/sharedStrings.xml" ContentType="{_KIND}.sharedStrings+xml"/></Types>',
        "_rels/.rels": f'{_XML}<Relationships xmlns="{_LINKS}">'
        f'<Relationship Id="r" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'{_XML}<workbook {_MAIN} xmlns:r="{_OFFICE}"><sheets>{named}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'{_XML}<Relationships xmlns="{_LINKS}">{links}'
        f'<Relationship Id="s" Type="{_OFFICE}/sharedStrings" Target="sharedStrings.xml"/>'
        f'<Relationship Id="y" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>',
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
        for n in numbers:
            archive.writestr(f"xl/worksheets/sheet{n}.xml", part)
        archive.writestr("xl/sharedStrings.xml", strings or f"{_XML}<sst {_MAIN}/>")
        for name, content in (more or {}).items():
            archive.writestr(name, content)
    return out.getvalue()


def _far() -> bytes:
    return workbook(sheet(f'<row r="{n}"><c r="XFD{n}"><v>1</v></c></row>' for n in range(1, 50_000)), sheets=3)


def _styles() -> bytes:
    formats = f'<numFmts><numFmt numFmtId="999" formatCode="{"[&quot;" * 100}"/></numFmts>'
    used = f"<cellXfs>{'<xf numFmtId="999"/>' * 390_000}</cellXfs>"
    styles = f"{_XML}<styleSheet {_MAIN}>{formats}{used}</styleSheet>".encode()
    return workbook(sheet([]), sheets=8, more={"xl/styles.xml": styles})


def _long_text() -> bytes:
    strings = f"{_XML}<sst {_MAIN}><si><t>{'x' * 8_000_000}</t></si></sst>".encode()
    row = f"<row>{'<c t="s"><v>0</v></c>' * 20}</row>"
    return workbook(sheet([row] * 8_000), strings=strings)


def _many_texts() -> bytes:
    return workbook(sheet([]), strings=f"{_XML}<sst {_MAIN}>{'<si><t>x</t></si>' * 600_000}</sst>".encode())


def _entities() -> bytes:
    laughs = '<!DOCTYPE a [<!ENTITY a "' + "a" * 1000 + '"><!ENTITY b "' + "&a;" * 1000 + '">]>'
    return workbook(f"{_XML}{laughs}<worksheet>&b;</worksheet>".encode())


def _largest() -> bytes:
    row = f"<row>{''.join(f'<c t="inlineStr"><is><t>text {n}</t></is></c>' for n in range(8))}</row>"
    return workbook(sheet([row] * 15_000))


HOSTILE: Mapping[str, Callable[[], bytes]] = {
    "cells in the last column of three sheets": _far,
    "a million nested elements": lambda: workbook(_XML.encode() + b"<a>" * 1_000_000 + b"</a>" * 1_000_000),
    "two million cells in a row": lambda: workbook(sheet(["<row>", "<c/>" * 2_000_000, "</row>"])),
    "two million elements that mean nothing": lambda: workbook(sheet(["<x/>" * 2_000_000])),
    "one long text in every cell": _long_text,
    "many texts": _many_texts,
    "entities": _entities,
    "a text of 40 MB": lambda: workbook(
        sheet(['<row><c t="inlineStr"><is><t>', "x" * 40_000_000, "</t></is></c></row>"])
    ),
    "a reference of 40 MB": lambda: workbook(sheet(['<row><c r="', "A" * 40_000_000, '"/></row>'])),
    "many attributes": lambda: workbook(sheet(["<row ", " ".join(f'a{n}="1"' for n in range(300_000)), "/>"])),
    "a format that is hard to tell in 390,000 styles": _styles,
    "five thousand parts": lambda: workbook(sheet([]), more={f"x/{n}": b"" for n in range(5_000)}),
    "as large as may be": _largest,
}
"""Each by name, made when it is called."""
