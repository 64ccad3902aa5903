"""Matching with YARA-X, the second engine: to check the first one by, and for rules that need its modules.

It needs the extra ``yara-x``. It holds the interpreter's lock while it matches, reads files into memory up to 500 MB,
and one matcher must stay with the thread that made it.
"""

from collections.abc import Callable, Mapping
from importlib.metadata import version

import yara_x

from quetsach.core.pack import CUT, pattern_rule
from quetsach.core.text import Text
from quetsach.endpoint import EngineError, MatchTimeoutError
from quetsach.endpoint.engine.port import Hit, Matcher, Pattern, credit_of

_TIMEOUT_SECONDS = 10
_SLOWEST_BYTES_PER_SECOND = 20_000_000
_PATTERN_TEXT_LIMIT = 64 * 1024


class YaraXEngine:
    """Satisfies ``Engine``."""

    @property
    def name(self) -> str:
        """Name and version of the engine."""
        return f"yara-x {version('yara-x')}"

    def compile(self, rules: Mapping[str, str]) -> Matcher:
        """Compile the rules of all families into one matcher."""
        return _YaraXMatcher(_compiled(rules))

    def compile_pattern(self, pattern: str) -> Pattern:
        """Compile one pattern."""
        return _YaraXPattern(_compiled({"": pattern_rule(pattern)}))


class _YaraXMatcher:
    def __init__(self, rules: yara_x.Rules) -> None:
        self._scanner = yara_x.Scanner(rules)

    def match(self, content: bytes) -> tuple[Hit, ...]:
        return self._hits(len(content), lambda: self._scanner.scan(content))

    def match_file(self, name: str, size_bytes: int) -> tuple[Hit, ...]:
        return self._hits(size_bytes, lambda: self._scanner.scan_file(name))

    def _hits(self, size_bytes: int, scan: Callable[[], yara_x.ScanResults]) -> tuple[Hit, ...]:
        self._scanner.set_timeout(_TIMEOUT_SECONDS + size_bytes // _SLOWEST_BYTES_PER_SECOND)
        return tuple(map(_hit, _scanned(scan).matching_rules))


class _YaraXPattern:
    def __init__(self, rules: yara_x.Rules) -> None:
        self._scanner = yara_x.Scanner(rules)
        self._scanner.set_timeout(_TIMEOUT_SECONDS)

    def matches(self, text: str) -> bool:
        content = text.encode("utf-8", "backslashreplace")[:_PATTERN_TEXT_LIMIT]
        return bool(_scanned(lambda: self._scanner.scan(content)).matching_rules)


def _compiled(rules: Mapping[str, str]) -> yara_x.Rules:
    compiler = yara_x.Compiler(includes_enabled=False)
    try:
        for family, source in rules.items():
            compiler.new_namespace(family or "default")
            compiler.add_source(source)
        return compiler.build()
    except yara_x.CompileError as error:
        raise EngineError(
            Text("the rules do not compile: {error}", error=error), hint=Text("run: quetsach packs check")
        ) from None


def _scanned(scan: Callable[[], yara_x.ScanResults]) -> yara_x.ScanResults:
    try:
        return scan()
    except yara_x.TimeoutError:
        raise MatchTimeoutError("matching took too long") from None
    except yara_x.ScanError as error:
        raise EngineError(f"the match engine could not finish: {error}") from None


def _hit(rule: yara_x.Rule) -> Hit:
    meta = {name: str(value) for name, value in rule.metadata}
    return Hit(rule.namespace, rule.identifier, meta.get("author", ""), cut=_cut(rule), credit=credit_of(meta))


def _cut(rule: yara_x.Rule) -> int:
    places = (match.offset for pattern in rule.patterns if pattern.identifier == CUT for match in pattern.matches)
    return min(places, default=-1)
