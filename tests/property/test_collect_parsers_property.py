"""No bytes that a hostile machine holds make a parser fail, and what it says is bounded by what it read."""

import plistlib

from hypothesis import example, given
from hypothesis import strategies as st

from quetsach.endpoint.collect.accounts import parse_passwd
from quetsach.endpoint.collect.autostart import (
    parse_anacron_entry,
    parse_preload_line,
    parse_system_entry,
    parse_unit,
    parse_user_entry,
)
from quetsach.endpoint.collect.lines import parse_authorized_key
from quetsach.endpoint.collect.named_files import named_files
from quetsach.endpoint.collect.running import preloaded
from quetsach.endpoint.collect.text import archived_paths, bookmarked_path, parse_property_list, values_under
from quetsach.endpoint.host.posix.mounts import parse_mountinfo
from quetsach.endpoint.host.posix.processes import PROTOCOLS, parse_table

pieces = st.sampled_from(
    [
        b" ",
        b"\t",
        b"\n",
        b"\\",
        b'"',
        b"'",
        b";",
        b"=",
        b":",
        b"@",
        b"*",
        b"/",
        b"..",
        b"~",
        b"#",
        b"[x]",
        b"\0",
        b"\xff",
    ]
)
lines = st.lists(st.one_of(pieces, st.binary(max_size=5)), max_size=30).map(b"".join)


@given(lines)
@example(b"* * * * * ")
@example(b"@reboot")
def test_cron_entries_are_parts_of_their_line(line: bytes) -> None:
    for entry in (parse_system_entry(line), parse_user_entry(line, b"u"), parse_anacron_entry(line)):
        if entry is not None:
            assert entry.command in line
            assert entry.command.strip() == entry.command != b""


@given(lines)
def test_files_that_a_command_names_are_absolute_and_plain(line: bytes) -> None:
    for path in named_files(line, home=b"/home/x"):
        assert path.startswith(b"/")
        assert not path.startswith(b"//")
        assert b"\0" not in path
        assert b".." not in path.split(b"/")


@given(
    st.binary(min_size=1, max_size=20).filter(lambda b: not set(b) & set(b" \t\n\r\v\f;|&()<>`\"'\\\0/=:,~$#\x85\xa0"))
)
def test_a_path_in_a_command_is_named_exactly(name: bytes) -> None:
    if name not in (b".", b".."):
        assert b"/opt/" + name in list(named_files(b"nice /opt/" + name + b" >/dev/null"))


@given(lines)
def test_unit_files_give_settings_with_keys(content: bytes) -> None:
    for setting in parse_unit(content):
        assert b"\n" not in setting.key + setting.value


@given(
    st.dictionaries(
        st.from_regex(rb"[A-Z][A-Za-z]{0,9}", fullmatch=True), st.from_regex(rb"[a-z/]{0,9}", fullmatch=True)
    )
)
def test_a_unit_file_that_was_written_is_read_back(settings: dict[bytes, bytes]) -> None:
    content = b"[Service]\n" + b"".join(key + b" = " + value + b"\n" for key, value in settings.items())
    assert [(s.section, s.key, s.value) for s in parse_unit(content)] == [
        (b"Service", key, value) for key, value in settings.items()
    ]


@given(lines)
def test_authorized_keys_do_not_fail(line: bytes) -> None:
    key = parse_authorized_key(b"ssh-rsa " + line)
    assert key is None or key.algorithm == b"ssh-rsa" or b"ssh-rsa" in key.options
    parse_authorized_key(line)


@given(lines)
def test_preload_lines_do_not_fail(line: bytes) -> None:
    assert all(part and not part.isspace() for part in parse_preload_line(line))


@given(lines)
def test_users_have_absolute_homes(content: bytes) -> None:
    assert all(user.home.startswith(b"/") and user.name for user in parse_passwd(content))


@given(lines)
def test_mounts_do_not_fail(content: bytes) -> None:
    parse_mountinfo(content)
    parse_mountinfo(b"1 2 0:" + content + b" - proc")


values = st.recursive(
    st.one_of(st.text(alphabet="/a ~\u1ec7", max_size=9), st.booleans(), st.integers(0, 9), st.binary(max_size=9)),
    lambda below: st.one_of(
        st.lists(below, max_size=4),
        st.dictionaries(st.sampled_from(["Program", "Label", "$objects", "x"]), below, max_size=4),
    ),
    max_leaves=12,
)


@given(st.one_of(st.binary(max_size=200), st.binary(max_size=60).map(lambda raw: b"bplist00" + raw)))
@example(b"<plist><dict><key>a</key></dict></plist>")
@example(b"<plist><integer>x</integer></plist>")
@example(b'<?xml version="1.0" encoding="utf-7"?><plist/>')
def test_bytes_that_are_no_property_list_are_none(content: bytes) -> None:
    found = parse_property_list(content)
    values_under(found, {"Program"})
    archived_paths(found)


@given(values, st.sampled_from([plistlib.FMT_XML, plistlib.FMT_BINARY]), st.integers(0, 400), st.binary(max_size=4))
def test_a_damaged_property_list_does_not_fail(
    value: object, form: plistlib.PlistFormat, position: int, patch: bytes
) -> None:
    content = bytearray(plistlib.dumps(value, fmt=form))
    content[position : position + len(patch)] = patch
    found = parse_property_list(bytes(content))
    assert all(values_under(found, {"Program"}))
    assert all(path.startswith((b"/", b"'/", b"'\"'\"'/")) for path in archived_paths(found))


@given(values, st.text(alphabet="/ab", min_size=1, max_size=9))
def test_a_program_is_found_wherever_it_stands_in_a_property_list(value: object, program: str) -> None:
    content = plistlib.dumps({"x": [value, {"Program": program}]})
    assert program.encode() in values_under(parse_property_list(content), {"Program"})


@given(st.binary(max_size=120))
def test_bookmarks_do_not_fail(content: bytes) -> None:
    bookmarked_path(content)
    path = bookmarked_path(b"book" + bytes(8) + (16).to_bytes(4, "little") + content)
    assert path == "" or path.startswith("/")


@given(lines, st.sampled_from(PROTOCOLS))
def test_tables_of_sockets_do_not_fail(content: bytes, protocol: str) -> None:
    list(parse_table(protocol, b"\n" + content))
    list(parse_table(protocol, b"\n   0: 0100007F:1F90 00000000:0000 " + content))


@given(lines)
def test_environments_do_not_fail(content: bytes) -> None:
    assert b"\0" not in preloaded(content + b"\0LD_PRELOAD=" + content)
