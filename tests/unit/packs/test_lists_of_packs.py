"""A pack may bring lists of indicators; what a list knows is only reported."""

from pathlib import Path

import pytest

from quetsach.core.indicator_list import ListKind
from quetsach.packs import PackError
from quetsach.packs.container import pack as pack_content
from quetsach.packs.container import read_folder, unpack
from quetsach.packs.load import content_digest, parse_pack

EICAR = read_folder(Path(__file__).parents[3] / "packs" / "eicar")
HEAD = 'id = "a"\naction = "report"\nwhy.vi = "a"\nwhy.en = "b"\n'
HASHES = b"64:" + b"0" * 32 + b" Win.A\n"


def _pack(trait: str, **lists: bytes) -> dict[str, bytes]:
    files = {f"{name}.txt": content for name, content in lists.items()}
    return {**EICAR, **files, "recipe.toml": f"[[trait]]\n{trait}".encode()}


def test_a_trait_knows_the_entries_of_its_lists() -> None:
    recipe = f'{HEAD}kind = "file"\nhash_list = "hashes.txt"\n[[trait]]\n{HEAD.replace('"a"', '"c"', 1)}'
    recipe += 'kind = "socket"\nlisted.remote = "addresses.txt"\n'
    pack = parse_pack(_pack(recipe, hashes=HASHES, addresses=b"192.0.2.1"), "p")
    hashes, addresses = pack.traits
    assert hashes.hash_list is not None
    assert hashes.hash_list.entries == {f"64:{'0' * 32}": "Win.A"}
    [(field, known)] = addresses.listed
    assert (field, known.kind, dict(known.entries)) == ("remote", ListKind.ADDRESSES, {"192.0.2.1": ""})


@pytest.mark.parametrize(
    ("trait", "lists", "what"),
    [
        (f'{HEAD}kind = "file"\nhash_list = "hashes.txt"', {}, "the pack has no file 'hashes.txt'"),
        (f'{HEAD}kind = "file"\nhash_list = "names.txt"', {"names": b"a.exe"}, "'names.txt' cannot be a list here"),
        (f'{HEAD}kind = "socket"\nhash_list = "hashes.txt"', {"hashes": HASHES}, "only files and processes"),
        (f'{HEAD}kind = "file"\nlisted.name = "names.txt"', {"names": b"a.exe"}, "shows nothing by itself"),
        (f'{HEAD}kind = "file"\nlisted.path = "names.txt"', {"names": b"a.exe"}, "in the name of a file"),
        (f'{HEAD}kind = "file"\nrule = "eicar_test_file"', {"hashes": HASHES}, "no trait asks for hashes.txt"),
        (f'{HEAD}kind = "file"\nhash_list = "hashes.txt"', {"hashes": b"x"}, "line 1 is no entry"),
        (f'{HEAD}kind = "file"\nhash_list = "hashes.txt"', {"hashes": b"\xff"}, "not UTF-8"),
    ],
)
def test_a_list_that_does_not_fit_is_refused(trait: str, lists: dict[str, bytes], what: str) -> None:
    with pytest.raises(PackError, match=what):
        parse_pack(_pack(trait, **lists), "p")


@pytest.mark.parametrize("test", ['hash_list = "hashes.txt"', 'rule = "*"'])
def test_what_others_know_is_never_acted_on(test: str) -> None:
    trait = f'{HEAD}kind = "file"\n{test}'.replace("report", "quarantine")
    with pytest.raises(PackError, match="only reported"):
        parse_pack(_pack(trait, hashes=HASHES), "p")


def test_a_list_travels_in_the_packed_file_and_is_part_of_the_digest() -> None:
    content = _pack(f'{HEAD}kind = "file"\nhash_list = "hashes.txt"', hashes=HASHES)
    assert unpack(pack_content(content)) == content
    assert content_digest(content) != content_digest({**content, "hashes.txt": HASHES + b"\n"})


def test_a_pack_without_lists_keeps_the_digest_that_it_always_had() -> None:
    assert content_digest(EICAR) == content_digest({**EICAR, "specimen.py": b"", "other.txt": b"x"})
