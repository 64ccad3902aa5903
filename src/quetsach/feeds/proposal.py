"""A layout that might read a file, from a look at its beginning: an analyst mends it and tries it."""

import json
from collections import Counter
from collections.abc import Sequence

import orjson

from quetsach.core.text import Text
from quetsach.feeds.layout import Clock, FeedError, Framing, Subject, Syntax
from quetsach.feeds.layout_files import FIELDS, bundled_layouts
from quetsach.feeds.lines import MAX_HEADER_BYTES, Header, refuse_no_text
from quetsach.feeds.record import split_strictly
from quetsach.feeds.values import CLOCK_FORMS, parse_address, time_reader

_DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_ALSO: dict[str, tuple[str, ...]] = {
    "observed_at": ("time", "date", "datetime", "seen_at", "seen", "last_seen", "event_time", "observed", "at", "ts"),
    "address": ("ip_address", "ipaddress", "source_ip", "src", "host", "client_ip", "ipv4", "sourceip", "addr"),
    "port": ("source_port", "sourceport", "client_port", "sport"),
    "transport": ("transport", "l4_protocol"),
    "malware": ("botnet", "bot", "threat", "malware_family", "malware_name", "threat_name"),
    "destination_address": ("dest_ip", "destination_ip", "c2_ip", "cc_ip", "destinationip"),
    "destination_port": ("dest_port", "c2_port", "cc_port", "destinationport"),
    "hostname": ("rdns", "ptr", "reverse_dns"),
    "claimed_asn": ("as", "as_number", "source_asn"),
    "claimed_country": ("cc", "country_code", "countrycode"),
    "bot_id": ("botid", "machine_id", "uuid", "installation"),
}
"""What columns are often called, beside the names that layouts of this build know."""
_PATTERNS = ("%d/%m/%Y %H:%M:%S", "%d.%m.%Y %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%d/%m/%Y %H:%M", "%d-%m-%Y %H:%M:%S")
_EXAMPLES = 20


def propose_layout(head: bytes, *, feed: str, report: str) -> str:
    """Return the text of a layout's file for what begins like this; what could not be found out stands in comments.

    Args:
        head: the first bytes of a file, at most ``MAX_HEADER_BYTES`` are looked at.
        feed: what the feed shall be called.
        report: what the report shall be called.

    Raises:
        FeedError: the file is no text, or has no columns.
    """
    head = head[:MAX_HEADER_BYTES]
    start = head[refuse_no_text(head) :].lstrip()
    if start[:1] in (b"{", b"["):
        framing = Framing(Syntax.JSON if start.startswith(b"[") else Syntax.JSON_LINES)
        names, rows = _of_objects(start)
    else:
        framing = _framing(start)
        names, rows = _of_lines(head, framing)
    columns = {field: name for field in FIELDS if (name := _called(field, names, rows))}
    return "\n".join([*_top(feed, framing), *_clock(columns, names, rows), *_report(report, columns, names, framing)])


def _framing(start: bytes) -> Framing:
    lines = [line for line in start.split(b"\n")[:50] if line.strip()]
    comment = "#" if lines and lines[0].startswith(b"#") else ""
    records = [line for line in lines if not (comment and line.startswith(b"#"))][:_EXAMPLES]
    if not records:
        raise FeedError(Text("the file has no header"), hint=Text("its first line must name the columns"))
    counts = {mark: min(line.count(mark.encode()) for line in records) for mark in _DELIMITERS}
    delimiter = max(counts, key=counts.__getitem__)
    commented = [line for line in lines if comment and line.startswith(b"#")]
    has_commented = bool(commented) and commented[-1].count(delimiter.encode()) == records[0].count(delimiter.encode())
    return Framing(delimiter=delimiter, comment=comment, commented_header=has_commented and counts[delimiter] > 0)


def _of_lines(head: bytes, framing: Framing) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    header = Header.of(head, framing)
    rows = []
    for line in head[header.byte_length :].split(b"\n")[:_EXAMPLES]:
        cells = split_strictly(line.removesuffix(b"\r"), framing.delimiter.encode())
        if cells and len(cells) == len(header.names):
            rows.append(tuple(cell.decode("utf-8", "replace") for cell in cells))
    return header.names, rows


def _of_objects(start: bytes) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    decoder, text = json.JSONDecoder(), start.decode("utf-8", "replace").removeprefix("[")
    objects: list[dict[str, str]] = []
    while text and len(objects) < _EXAMPLES:
        try:
            one, end = decoder.raw_decode(text := text.lstrip(" \t\r\n,"))
        except ValueError:  # the beginning ends within it
            break
        objects.append(_flat(one))
        text = text[end:]
    names = tuple(dict.fromkeys(name for one in objects for name in one))
    if not names:
        raise FeedError(Text("the file has no object with fields"), hint=Text("is it complete?"))
    return names, [tuple(one.get(name, "") for name in names) for one in objects]


def _flat(value: object, path: str = "") -> dict[str, str]:
    if isinstance(value, dict):
        return {n: t for name, one in value.items() for n, t in _flat(one, f"{path}.{name}" if path else name).items()}
    return {path: value if isinstance(value, str) else orjson.dumps(value, default=str).decode()} if path else {}


def _called(field: str, names: Sequence[str], rows: Sequence[Sequence[str]]) -> str | None:
    """Return the column that might be of a field: one that layouts call so, and that holds what it should."""
    today = [layout for layout in bundled_layouts() if layout.header or layout.framing.has_objects]
    if field == "malware":  # elsewhere such a column tells which service is open, or which tool attacked
        today = [layout for layout in today if layout.subject is Subject.HOST and layout.header]
    known = Counter(name for layout in today for name in layout.columns.get(field, ()))
    usual = [name for name, _ in known.most_common()]
    wanted_names = dict.fromkeys((*usual, field, *_ALSO.get(field, ())))
    for wanted, is_whole in [*((one, True) for one in wanted_names), *((one, False) for one in wanted_names)]:
        for place, name in enumerate(names):
            told = name.casefold() if is_whole else name.casefold().rpartition(".")[2]
            if told == wanted and (field != "address" or _holds_addresses([row[place] for row in rows])):
                return name
    return None


def _holds_addresses(cells: Sequence[str]) -> bool:
    return not cells or any(parse_address(cell) for cell in cells)


def _top(feed: str, framing: Framing) -> list[str]:
    lines = [f'{name} = "{feed}"' for name in ("feed", "title.vi", "title.en")]
    lines += ['# version = "…"', '# source = "…"', ""]
    said = []
    if framing.syntax is not Syntax.CSV:
        said.append(f'syntax = "{framing.syntax}"')
    if framing.delimiter != ",":
        said.append(f'delimiter = "{_DELIMITERS[framing.delimiter]}"')
    if framing.comment:
        said.append(f'comment = "{framing.comment}"')
    if framing.commented_header:
        said.append("commented_header = true")
    return [*lines, *(["[framing]", *said, ""] if said else [])]


def _clock(columns: dict[str, str], names: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    times = [row[names.index(columns["observed_at"])] for row in rows] if "observed_at" in columns else []
    times = [text for text in times if text.strip()]
    for clock in (
        *(Clock(), Clock(zone="written"), Clock("epoch"), Clock("filetime"), Clock("mail")),
        *(Clock(pattern) for pattern in _PATTERNS),
    ):
        if times and all(time_reader(clock)(text) is not None for text in times):
            if clock == Clock():
                return []
            told = [f'form = "{clock.form}"'] if clock.form != "iso" else []
            told += [f'zone = "{clock.zone}"'] if clock.zone != "UTC" or clock.form not in CLOCK_FORMS else []
            return ["[clock]", *told, ""]
    return ["# [clock]", '# form = "%d/%m/%Y %H:%M:%S"', '# zone = "UTC"', ""]


def _report(report: str, columns: dict[str, str], names: Sequence[str], framing: Framing) -> list[str]:
    lines = ["[[report]]", f'name = "{report}"', f'summary.vi = "{report}"', f'summary.en = "{report}"']
    lines += [f'subject = "{Subject.HOST}"'] if "malware" in columns else [f'# subject = "{Subject.EXPOSED}"']
    lines += [f"columns.{field} = {_quoted(name)}" for field, name in columns.items()]
    lines += [f'# columns.{field} = "…"' for field in ("observed_at", "address") if field not in columns]
    if "malware" not in columns:
        lines += ['# columns.malware = "…"', '# constants.malware = "…"']
    if not framing.has_objects:
        lines.append(f"header = [{', '.join(map(_quoted, names))}]")
    return [*lines, ""]


def _quoted(name: str) -> str:
    return json.dumps(name, ensure_ascii=False)
