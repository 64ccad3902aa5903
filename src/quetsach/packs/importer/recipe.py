"""The recipe of a pack of others' indicators: which traces are looked at for which list. It only reports."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from quetsach.core.indicator_list import ListKind
from quetsach.core.pack import ArtefactKind, LocalText

_COMMANDS: Sequence[tuple[ArtefactKind, str]] = (
    (ArtefactKind.PROCESS, "command_line"),
    (ArtefactKind.CRON_ENTRY, "command"),
    (ArtefactKind.SYSTEMD_UNIT, "exec"),
    (ArtefactKind.RC_LOCAL_LINE, "line"),
    (ArtefactKind.PROFILE_LINE, "line"),
    (ArtefactKind.STARTUP_FILE, "command"),
    (ArtefactKind.SERVICE, "command"),
    (ArtefactKind.SCHEDULED_TASK, "command"),
    (ArtefactKind.WMI_SUBSCRIPTION, "command"),
    (ArtefactKind.REGISTRY_VALUE, "data"),
)
_FIELDS: Mapping[ListKind, Sequence[tuple[ArtefactKind, str]]] = {
    # A line of `hosts` names bad domains in order to block them; only where it leads to tells something.
    ListKind.ADDRESSES: ((ArtefactKind.SOCKET, "remote"), (ArtefactKind.SETTING_LINE, "line"), *_COMMANDS),
    ListKind.DOMAINS: ((ArtefactKind.SETTING_LINE, "command"), *_COMMANDS),
    ListKind.URLS: ((ArtefactKind.SETTING_LINE, "command"), *_COMMANDS),
}
_WHY: Mapping[str, LocalText] = {
    "rule": LocalText(
        "Nội dung khớp với một quy tắc nhận diện của bên thứ ba; tên tác giả ghi ở phần bằng chứng.",
        "The content matches a detection rule of a third party; the evidence names its author.",
    ),
    ListKind.HASHES: LocalText(
        "Nội dung đúng từng byte như một mẫu có trong danh sách của bên thứ ba.",
        "The content is byte for byte a sample on the list of a third party.",
    ),
    ListKind.NAMES: LocalText(
        "Tên tệp có trong danh sách của bên thứ ba, và máy này còn có dấu hiệu khác trong danh sách đó.",
        "The name of the file is on the list of a third party, and this machine has another sign from it.",
    ),
    ListKind.ADDRESSES: LocalText(
        "Nơi này nhắc đến một địa chỉ mạng có trong danh sách của bên thứ ba.",
        "This names a network address that is on the list of a third party.",
    ),
    ListKind.DOMAINS: LocalText(
        "Nơi này nhắc đến một tên miền có trong danh sách của bên thứ ba.",
        "This names a domain that is on the list of a third party.",
    ),
    ListKind.URLS: LocalText(
        "Nơi này nhắc đến một địa chỉ web có trong danh sách của bên thứ ba.",
        "This names a web address that is on the list of a third party.",
    ),
}


@dataclass(frozen=True, slots=True)
class _Trait:
    id: str
    kind: ArtefactKind
    test: str
    why: LocalText

    def text(self, only_with: Sequence[str] = ()) -> str:
        rests = f"only_with = [{', '.join(f'"{other}"' for other in only_with)}]\n" if only_with else ""
        return (
            f'[[trait]]\nid = "{self.id}"\nkind = "{self.kind}"\n{self.test}\n{rests}action = "report"\n'
            f'why.vi = "{self.why.vi}"\nwhy.en = "{self.why.en}"\n'
        )


def recipe_for(kinds: Sequence[ListKind], *, has_rules: bool) -> str:
    """Return the recipe of a pack with these lists, and with rules or without."""
    traits = list(_traits(kinds, has_rules=has_rules))
    texts = [trait.text() for trait in traits]
    if ListKind.NAMES in kinds:
        named = _Trait("file-names", ArtefactKind.FILE, 'listed.name = "names.txt"', _WHY[ListKind.NAMES])
        texts.append(named.text([trait.id for trait in traits]))
    return "\n".join(texts)


def _traits(kinds: Sequence[ListKind], *, has_rules: bool) -> Iterator[_Trait]:
    for kind in (ArtefactKind.FILE, ArtefactKind.PROCESS):
        if ListKind.HASHES in kinds:
            yield _Trait(f"{kind}-hashes", kind, 'hash_list = "hashes.txt"', _WHY[ListKind.HASHES])
        if has_rules:
            yield _Trait(f"{kind}-rule", kind, 'rule = "*"', _WHY["rule"])
    for list_kind, fields in _FIELDS.items():
        if list_kind in kinds:
            for kind, field in fields:
                test = f'listed.{field} = "{list_kind.file_name}"'
                yield _Trait(f"{kind}-{list_kind}", kind, test, _WHY[list_kind])
