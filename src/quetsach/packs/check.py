"""Says what is wrong with a pack before it is published: what cannot be used, and what its readers would miss."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from importlib import import_module
from itertools import chain
from pathlib import Path
from typing import Any

from quetsach.core.errors import QuetsachError
from quetsach.core.language import DATA_LANGUAGES
from quetsach.core.memory_variant import memory_variant
from quetsach.core.pack import ANY_RULE, CUT, SYSTEMS_OF_KIND, Action, Pack, Trait
from quetsach.core.rule_text import FileType, RuleSet, rules_for, rules_of, words_of
from quetsach.core.text import LocalText, Text
from quetsach.core.toml_table import TomlLines
from quetsach.packs import PackError
from quetsach.packs.goodware import AS_IT_IS, HIGHEST_COST, Contents, Sample, Stopwatch, common_words, contents_of
from quetsach.packs.load import parse_pack, read_pack
from quetsach.packs.rules import compile_rules, line_of, too_broad
from quetsach.packs.specimen.program import build_pe

_GUIDANCE_HEADINGS = 3
"""What it is, what it did, what to do now; the title counts one."""

_AT_LINE = re.compile(r"--> line:(\d+)")
"""How YARA-X names a place."""

_TIMED_SHARE = 7
"""Rules are timed on one honest file in so many."""

_TEXTS = frozenset({FileType.TEXT, FileType.SCRIPT})

GRAVE_WARNINGS = frozenset({"ambiguous_expr", "invariant_expr", "slow_pattern", "unsatisfiable_expr"})
"""What YARA-X warns of that makes a rule slow or wrong; the rest is style."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend. ``where`` names file and field."""

    where: str
    text: str | LocalText
    advice: str | LocalText = ""

    @property
    def what(self) -> str:
        """What is to be mended, in English."""
        return str(self.text)

    @property
    def hint(self) -> str:
        """How, in English; empty if there is nothing useful to say."""
        return str(self.advice)

    @property
    def error(self) -> PackError:
        """The problem as an error, which is told in any language."""
        return PackError(self.text, where=self.where, hint=self.advice)


@dataclass(frozen=True, slots=True)
class Checked:
    """One pack and its problems; ``pack`` is ``None`` when it cannot be used at all."""

    path: Path
    pack: Pack | None
    problems: tuple[Problem, ...]
    costs: Mapping[str, float] = field(default_factory=dict)
    """Rule -> what it costs, in multiples of the simplest rule; empty when that was not measured."""


def check_pack(path: Path) -> Checked:
    """Return the problems of a pack folder or ``.qsp`` file."""
    try:
        content = read_pack(path)
        pack = parse_pack(content, str(path))
    except PackError as error:
        return Checked(path, None, (Problem(error.where, error.text or error.what, error.advice or error.hint),))
    places = _Places(path, content)
    problems = [*_text_problems(places, pack), *_guidance_problems(path, pack), *_system_problems(places, pack)]
    if not pack.is_guidance_only:
        problems += _rule_problems(places, pack)
    if path.is_dir():
        problems += _folder_problems(path, pack)
    return Checked(path, pack, tuple(problems))


def check_packs(paths: Iterable[Path], honest: Sample) -> tuple[Checked, ...]:
    """Return the problems of some packs, those among them that show only when rules are run on honest files."""
    checked = tuple(map(check_pack, paths))
    rules = {str(n): one.pack.rules for n, one in enumerate(checked) if one.pack and not one.pack.is_guidance_only}
    contents = contents_of(content for _, content in honest.one_in(_TIMED_SHARE).contents())
    words = common_words()
    program = build_pe(sections={".data": words})
    wordy = [("the common words of programs, in a program of Windows", program)]
    broad = too_broad(rules, chain(honest.contents(), _in_programs(contents), wordy), common=words)
    stopwatch = Stopwatch(contents)
    return tuple(
        _with_costs(
            one,
            stopwatch,
            [Problem(_rule_place(one, b.rule), b.what, b.hint) for b in broad if b.family == str(number)],
        )
        for number, one in enumerate(checked)
    )


def _in_programs(contents: Contents) -> Iterator[tuple[str, bytes]]:
    """Yield parts of honest files in programs of every kind: on this machine there may be none of Windows."""
    for kind, parts in contents.items():
        if kind != AS_IT_IS:
            yield from ((f"part {number} of honest files {kind}", part) for number, part in enumerate(parts, 1))


def _with_costs(checked: Checked, stopwatch: Stopwatch, broad: list[Problem]) -> Checked:
    if checked.pack is None or checked.pack.is_guidance_only:
        return checked
    rules = rules_of(checked.pack.rules)
    costs = {rule.name: stopwatch.cost(rules.text(rules.needed(frozenset({rule.name})))) for rule in rules.rules}
    slow = [
        Problem(
            _rule_place(checked, name),
            Text(
                "it takes {cost} times as long as a simple rule, or longer; {most} times are allowed",
                cost=f"{cost:,.0f}",
                most=f"{HIGHEST_COST:.0f}",
            ),
            Text("give its strings more fixed bytes, and let the condition ask for the header and the size first"),
        )
        for name, cost in costs.items()
        if cost > HIGHEST_COST
    ]
    return replace(checked, problems=(*checked.problems, *broad, *slow), costs=costs)


def _rule_place(checked: Checked, name: str) -> str:
    """Return file, line and name of a rule."""
    source = checked.pack.rules if checked.pack else ""
    part = next((rule.source for rule in rules_of(source).rules if rule.name == name), "")
    return f"{checked.path}/rules.yar:{line_of(source, part)}: rule {name}"


class _Places:
    """Where in the files of a pack something stands."""

    def __init__(self, path: Path, content: Mapping[str, bytes]) -> None:
        self._path = path
        self._lines = {
            name: TomlLines(content[name].decode()) for name in ("pack.toml", "recipe.toml") if name in content
        }

    def rules(self, line: int = 0) -> str:
        """Return the file of the rules, and a line of it."""
        return f"{self._path}/rules.yar" + (f":{line}" if line else "")

    def name(self) -> str:
        """Return the place of the family's name."""
        return f"{self._path}/pack.toml:{self._lines['pack.toml'].line(('name',))}: name"

    def trait(self, pack: Pack, trait: Trait, field: str) -> str:
        """Return the place of a field of a trait."""
        line = self._lines["recipe.toml"].line(("trait", pack.traits.index(trait), field))
        return f"{self._path}/recipe.toml:{line}: trait {trait.id}: {field}"

    def guidance(self) -> str:
        """Return the files of the guidance."""
        return f"{self._path}/guidance.{{vi,en}}.md"


def _text_problems(places: _Places, pack: Pack) -> list[Problem]:
    texts = [(places.name(), pack.name)]
    texts += [(places.trait(pack, trait, "why"), trait.why) for trait in pack.traits]
    texts += [(places.guidance(), pack.guidance)]
    return [problem for where, text in texts for problem in _language_problems(where, text)]


def _language_problems(where: str, text: LocalText) -> list[Problem]:
    problems = []
    if unicodedata.normalize("NFC", text.vi) != text.vi:
        problems.append(Problem(where, Text("the Vietnamese text is not in NFC"), Text("save it in composed form")))
    if text.vi == text.en:
        problems.append(Problem(where, Text("both languages have the same text"), Text("translate it")))
    return problems


def _guidance_problems(path: Path, pack: Pack) -> list[Problem]:
    return [
        Problem(
            f"{path}/guidance.{language}.md",
            Text("it lacks sections"),
            Text("say what it is, what it did, what to do now"),
        )
        for language in DATA_LANGUAGES
        if sum(line.startswith("## ") for line in pack.guidance.in_language(language).splitlines()) < _GUIDANCE_HEADINGS
    ]


def _system_problems(places: _Places, pack: Pack) -> list[Problem]:
    """Return the traits that can be found on none of the pack's systems; lists of others ask for every kind."""
    return [
        Problem(
            places.trait(pack, trait, "kind"),
            Text("a {kind} is not looked for on {names}", kind=trait.kind, names=" or ".join(sorted(pack.platforms))),
            Text(
                "it is of {names}: mend `platforms` in pack.toml, or the kind",
                names=", ".join(sorted(SYSTEMS_OF_KIND[trait.kind])),
            ),
        )
        for trait in pack.traits
        if not trait.listed and not pack.platforms & SYSTEMS_OF_KIND[trait.kind]
    ]


def _rule_problems(places: _Places, pack: Pack) -> list[Problem]:
    """Return what would go wrong only when the rules are chosen by file type or rewritten for memory."""
    try:
        rules = rules_of(pack.rules)
        for file_type in FileType:
            compile_rules(rules_for(rules, frozenset({file_type})), places.rules())
    except QuetsachError as error:
        return [Problem(places.rules(), error.text or error.what, error.advice or error.hint)]
    problems = _second_opinion(pack.rules, places)
    in_memory = frozenset(trait.rule for trait in pack.traits if trait.memory)
    variant = memory_variant(rules, in_memory)
    compile_rules(variant.source, places.rules())
    for rule in rules.rules:
        if why := variant.left_out.get(rule.name):
            where = places.rules(line_of(pack.rules, rule.source))
            what = Text("rule {name} cannot be looked for in memory: {why}", name=rule.name, why=why)
            problems.append(Problem(where, what, Text("mend the rule, or take `memory` away")))
    return [*problems, *_cut_problems(rules, pack, places)]


def _cut_problems(rules: RuleSet, pack: Pack, places: _Places) -> Iterator[Problem]:
    """Yield traits that would cut a file off nowhere, or one that is no text."""
    cutting = {rule.name for rule in rules.rules if any(word.text == CUT for word in words_of(rule.head))}
    of_texts = {rule.name for rule in rules.rules if rule.file_types and rule.file_types <= _TEXTS}
    for trait in pack.traits:
        where = places.trait(pack, trait, "rule")
        if trait.action is Action.TRUNCATE and trait.rule not in cutting:
            yield Problem(where, Text("its rule has no string {cut}", cut=CUT), Text("say where to cut the file off"))
        elif trait.action is Action.TRUNCATE and trait.rule not in of_texts:
            hint = Text('give the rule file_types = "text"')
            yield Problem(where, Text("only texts are cut off, and its rule is for other files, too"), hint)


def second_engine() -> Any:
    """Return the module of YARA-X, the extra ``yara-x``; ``None`` where it is not installed."""
    try:
        return import_module("yara_x")
    except ImportError:
        return None


def _second_opinion(source: str, places: _Places) -> list[Problem]:
    """Return what YARA-X has to say of the rules, where it is installed (extra ``yara-x``)."""
    if (yara_x := second_engine()) is None:
        return []
    compiler = yara_x.Compiler(includes_enabled=False)
    try:
        compiler.add_source(source)
    except yara_x.CompileError as error:
        line = int(found[1]) if (found := _AT_LINE.search(str(error))) else 0
        what = Text("YARA-X does not compile them: {reason}", reason=str(error).partition("\n")[0])
        return [Problem(places.rules(line), what, Text("write what both engines understand"))]
    return [
        Problem(
            places.rules(warning["line"]),
            Text("YARA-X warns: {warning}", warning=warning["title"]),
            Text("mend the line"),
        )
        for warning in compiler.warnings()
        if warning["code"] in GRAVE_WARNINGS
    ]


def _folder_problems(path: Path, pack: Pack) -> list[Problem]:
    problems = []
    if path.resolve().name != pack.family:
        hint = Text("rename it, or mend `family` in pack.toml")
        problems.append(Problem(str(path), Text("the folder is not called {family}", family=repr(pack.family)), hint))
    if can_be_planted(pack) and not (path / "specimen.py").is_file():
        hint = Text("write build(root): what cannot be planted cannot be tested")
        problems.append(Problem(str(path), Text("there is no specimen.py"), hint))
    return problems


def can_be_planted(pack: Pack) -> bool:
    """Return whether there is a trait that a harmless file can show: not so of what was taken over from others."""
    return any(trait.rule != ANY_RULE and not trait.hash_list and not trait.listed for trait in pack.traits)
