"""Matching with boreal: it releases the interpreter's lock, starts in milliseconds and is the leanest we measured."""

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import boreal

from quetsach.core.pack import CUT, pattern_rule
from quetsach.core.text import Text
from quetsach.endpoint import EngineError, MatchTimeoutError
from quetsach.endpoint.engine.port import CREDITS, Hit, Matcher, Pattern, credit_of

_TIMEOUT_SECONDS = 10
_SLOWEST_BYTES_PER_SECOND = 50_000_000
_PATTERN_TEXT_LIMIT = 64 * 1024


class BorealEngine:
    """Satisfies ``Engine``."""

    @property
    def name(self) -> str:
        """Name and version of the engine."""
        return f"boreal {version('boreal-python')}"

    def compile(self, rules: Mapping[str, str]) -> Matcher:
        """Compile the rules of all families into one matcher."""
        scanner = _compiled(sources=dict(rules)) if rules else _compiled(source="")
        scanner.set_params(use_mmap=True)
        return _BorealMatcher(scanner, cutting=any(CUT in source for source in rules.values()))

    def compile_pattern(self, pattern: str) -> Pattern:
        """Compile one pattern."""
        return _BorealPattern(_compiled(source=pattern_rule(pattern)))


class _BorealMatcher:
    def __init__(self, scanner: boreal.Scanner, *, cutting: bool) -> None:
        self._scanner = scanner
        self._cutting = cutting

    def match(self, content: bytes) -> tuple[Hit, ...]:
        return self._hits(_seconds(len(content)), data=content)

    def match_file(self, name: str, size_bytes: int) -> tuple[Hit, ...]:
        return self._hits(_seconds(size_bytes), filepath=name)

    def _hits(self, seconds: int, **content: Any) -> tuple[Hit, ...]:
        found = _matches(self._scanner, seconds, **content)
        if found and self._cutting:  # where strings matched is asked only of the few files in which rules did
            found = _matches(self._scanner, seconds, fast=False, max_match_data=1, **content)
        return tuple(map(_hit, found))


class _BorealPattern:
    def __init__(self, scanner: boreal.Scanner) -> None:
        self._scanner = scanner

    def matches(self, text: str) -> bool:
        content = text.encode("utf-8", "backslashreplace")[:_PATTERN_TEXT_LIMIT]
        return bool(_matches(self._scanner, _TIMEOUT_SECONDS, data=content))


def _compiled(**source: Any) -> boreal.Scanner:
    try:
        return boreal.compile(includes=False, **source)
    except boreal.Error as error:
        raise EngineError(
            Text("the rules do not compile: {error}", error=error), hint=Text("run: quetsach packs check")
        ) from None


def _matches(scanner: boreal.Scanner, seconds: int, **content: Any) -> list[boreal.Match]:
    try:
        return scanner.match(timeout=seconds, **content)
    except boreal.TimeoutError:
        raise MatchTimeoutError(f"matching took longer than {seconds} s") from None
    except boreal.Error as error:
        raise EngineError(f"the match engine could not finish: {error}") from None
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # Rust's own kind of crash, which no module exports
            raise
        raise EngineError(f"the match engine broke off: {error}") from None


def _hit(match: boreal.Match) -> Hit:
    meta = {name: _text(match.meta.get(name)) for name in ("author", *CREDITS)}
    return Hit(match.namespace, match.rule, meta["author"], cut=_cut(match), credit=credit_of(meta))


def _cut(match: boreal.Match) -> int:
    """Return where the rule's string ``$cut`` matches first."""
    places = (place.offset for string in match.strings if f"${string.identifier}" == CUT for place in string.instances)
    return min(places, default=-1)


def _text(meta: object) -> str:
    return meta.decode("utf-8", "replace") if isinstance(meta, bytes) else str(meta or "")


def _seconds(size_bytes: int) -> int:
    return _TIMEOUT_SECONDS + size_bytes // _SLOWEST_BYTES_PER_SECOND
