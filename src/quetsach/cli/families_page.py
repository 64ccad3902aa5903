"""The page of all families on the shelf, made of their packs: what is found, removed and put back, and who says so."""

from collections import Counter
from collections.abc import Iterable
from urllib.parse import urlsplit

from quetsach.core.pack import SYSTEM_NAMES, Action, Pack, Trait
from quetsach.endpoint.messages import messages
from quetsach.installation import bundled
from quetsach.packs.load import load_shelf

_PLATFORMS = {
    **SYSTEM_NAMES,
    "android": "Android",
    "camera": "cameras",
    "nas": "network storage",
    "router": "routers",
}
_NOT_STARTED = frozenset({Action.REMOVE_UNIT, Action.REMOVE_SERVICE})

_HEAD = """# Families

What the shelf of packs finds, what a clean-up removes, and what undo puts back. A pack for devices has guidance only:
the tool does not run there. A pack that only reports leaves the rest to people. Made of the packs by `make reference`;
a test keeps it true.

| family | platforms | what is found | what is removed | what undo restores | source |
|---|---|---|---|---|---|"""


def render_families() -> str:
    """Return the page."""
    packs = load_shelf(bundled("packs"))
    return "\n".join([_HEAD, *map(_row, packs), "", *_undo_section(packs), *map(_section, packs)])


def _undo_section(packs: Iterable[Pack]) -> list[str]:
    """Return what undo does for each action that some packs use."""
    actions = sorted({trait.action for pack in packs for trait in pack.traits} - {Action.REPORT})
    undone, acted = messages("report", "en"), messages("scan", "en")
    lines = [f"- {acted[f'action-{action}']}: {undone[f'undo-{action}']}" for action in actions]
    return ["What each act is, and what undo does:", "", *lines, ""]


def _row(pack: Pack) -> str:
    cells = (
        f"[{_cell(pack.name.en)}](#{pack.family})",
        _platforms(pack),
        _kinds(pack.traits) or "guidance",
        _removed(pack),
        _restored(pack),
        ", ".join(_link(reference) for reference in pack.references[:3]) or "sources.md",
    )
    return f"| {' | '.join(cells)} |"


def _section(pack: Pack) -> str:
    lines = [
        f"## {pack.family}",
        "",
        f"{_cell(pack.name.en)} (*{_cell(pack.name.vi)}*), {pack.severity}, version {pack.version}.",
    ]
    if pack.aliases:
        lines[-1] += f" Also called {', '.join(f'`{alias}`' for alias in pack.aliases)}."
    if pack.traits:
        lines += ["", "| trace | found as | done | why |", "|---|---|---|---|", *map(_trait, pack.traits)]
    lines += ["", f"Facts and limits: `packs/{pack.family}/sources.md`."]
    lines += ["", *(f"- <{reference}>" for reference in pack.references)] if pack.references else []
    lines.append("")
    return "\n".join(lines)


def _trait(trait: Trait) -> str:
    words = messages("scan", "en")
    return (
        f"| `{trait.id}` | {words[f'kind-{trait.kind}']} | {words[f'action-{trait.action}']} | {_cell(trait.why.en)} |"
    )


def _platforms(pack: Pack) -> str:
    return ", ".join(_PLATFORMS[platform] for platform in sorted(pack.platforms))


def _kinds(traits: Iterable[Trait]) -> str:
    """Return the kinds of traces, in the order of the recipe, with how many traits are about each."""
    words = messages("scan", "en")
    counts = Counter(words[f"kind-{trait.kind}"] for trait in traits)
    return ", ".join(f"{kind} ({count})" if count > 1 else kind for kind, count in counts.items())


def _removed(pack: Pack) -> str:
    if pack.is_guidance_only:
        return "by the owner, as the guidance says"
    return _kinds(trait for trait in pack.traits if trait.action is not Action.REPORT) or "nothing: it only reports"


def _restored(pack: Pack) -> str:
    actions = {trait.action for trait in pack.traits} - {Action.REPORT}
    if not actions:
        return "nothing was changed"
    exceptions = ["ended processes stay ended"] * (Action.KILL in actions)
    exceptions += ["services are not started"] * bool(actions & _NOT_STARTED)
    return "; ".join(["all of it, exactly", *exceptions])


def _link(reference: str) -> str:
    return f"[{urlsplit(reference).hostname}]({reference})"


def _cell(text: str) -> str:
    return text.replace("|", r"\|")
