"""Matching with boreal: it releases the interpreter's lock, starts in milliseconds and is the leanest we measured."""

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import boreal

from quetsach.core.pack import pattern_rule
from quetsach.endpoint.engine.port import Hit, Matcher, Pattern
from quetsach.endpoint.errors import EngineError, MatchTimeoutError

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
        return _BorealMatcher(scanner)

    def compile_pattern(self, pattern: str) -> Pattern:
        """Compile one pattern."""
        return _BorealPattern(_compiled(source=pattern_rule(pattern)))


class _BorealMatcher:
    def __init__(self, scanner: boreal.Scanner) -> None:
        self._scanner = scanner

    def match(self, content: bytes) -> tuple[Hit, ...]:
        return _hits(self._scanner, _seconds(len(content)), data=content)

    def match_open_file(self, descriptor: int, size_bytes: int) -> tuple[Hit, ...]:
        return _hits(self._scanner, _seconds(size_bytes), filepath=f"/proc/self/fd/{descriptor}")


class _BorealPattern:
    def __init__(self, scanner: boreal.Scanner) -> None:
        self._scanner = scanner

    def matches(self, text: str) -> bool:
        content = text.encode("utf-8", "backslashreplace")[:_PATTERN_TEXT_LIMIT]
        return bool(_hits(self._scanner, _TIMEOUT_SECONDS, data=content))


def _compiled(**source: Any) -> boreal.Scanner:
    try:
        return boreal.compile(includes=False, **source)
    except boreal.Error as error:
        raise EngineError(f"the rules do not compile: {error}", hint="run: quetsach packs check") from None


def _hits(scanner: boreal.Scanner, seconds: int, **content: Any) -> tuple[Hit, ...]:
    try:
        found = scanner.match(timeout=seconds, **content)
    except boreal.TimeoutError:
        raise MatchTimeoutError(f"matching took longer than {seconds} s") from None
    except boreal.Error as error:
        raise EngineError(f"the match engine could not finish: {error}") from None
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # Rust's own kind of crash, which no module exports
            raise
        raise EngineError(f"the match engine broke off: {error}") from None
    return tuple(Hit(match.namespace, match.rule, _text(match.meta.get("author"))) for match in found)


def _text(meta: object) -> str:
    return meta.decode("utf-8", "replace") if isinstance(meta, bytes) else str(meta or "")


def _seconds(size_bytes: int) -> int:
    return _TIMEOUT_SECONDS + size_bytes // _SLOWEST_BYTES_PER_SECOND
