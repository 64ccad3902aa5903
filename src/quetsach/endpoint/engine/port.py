"""The port to a match engine: rules in, a matcher out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule that matched: of which family, its name, and the author it names; or a known hash of the whole content."""

    family: str
    rule: str
    author: str
    digest: str = ""
    """The hash, as packs write it: ``size:digest``; then there is no rule and it may be of any family."""
    in_memory: bool = False
    """Whether the rule's memory variant matched the memory of a process."""
    cut: int = -1
    """Where the rule's string ``core.pack.CUT`` matches first, in bytes from the start; -1 when it has none."""
    credit: str = ""
    """Licence and reference that the rule names; licences of rules ask that these are shown."""


CREDITS = ("license", "licence", "reference")
"""The meta fields of a rule that make its credit."""


def credit_of(meta: Mapping[str, str]) -> str:
    """Return licence and reference of a rule."""
    return ", ".join(meta[name] for name in CREDITS if meta.get(name))


class Matcher(Protocol):
    """Compiled rules. Each call ends within a time that depends on the size of the content alone.

    Raises (both methods):
        MatchTimeoutError: the content took too long.
        EngineError: the engine could not finish with the content.
    """

    def match(self, content: bytes) -> tuple[Hit, ...]:
        """Return the rules that match some bytes."""

    def match_file(self, name: str, size_bytes: int) -> tuple[Hit, ...]:
        """Return the rules that match a file, which is not loaded as a whole.

        ``name`` is what ``host.disk.named`` gives of an open one: nothing else is ever opened by its name.
        """


class Pattern(Protocol):
    """One compiled pattern of a trait."""

    def matches(self, text: str) -> bool:
        """Return whether a text contains a match, in time linear in its length."""


class Engine(Protocol):
    """Compiles rules.

    Raises (both methods):
        EngineError: the rules do not compile.
    """

    @property
    def name(self) -> str:
        """Name and version, for the report."""

    def compile(self, rules: Mapping[str, str]) -> Matcher:
        """Compile rules given as family -> YARA source; families do not see each other's rules."""

    def compile_pattern(self, pattern: str) -> Pattern:
        """Compile a regular expression written as YARA does."""
