"""Each part of a download is listed with its licence, for people and for machines."""

import json
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from release.parts import Part, licences_text, package_parts
from release.sbom import sbom_json

INSIDE = Part("regex", "1.12.0", "MIT OR Apache-2.0", "pkg:cargo/regex@1.12.0")
PARTS = (
    Part("tuf", "7.0.1", "Apache-2.0 OR MIT", "pkg:pypi/tuf@7.0.1", ("Text of MIT.\n",)),
    Part("urllib3", "2.8.0", "MIT", "pkg:pypi/urllib3@2.8.0", ("Text of MIT.",), (INSIDE,)),
)


def test_a_text_that_parts_share_stands_once() -> None:
    text = licences_text(PARTS)
    assert text.count("Text of MIT.") == 1
    assert "tuf 7.0.1, urllib3 2.8.0" in text
    assert "with regex 1.12.0: MIT OR Apache-2.0" in text
    assert text.startswith("Quét Sạch gồm các phần sau")


def test_the_list_of_parts_is_valid_and_the_same_twice(tmp_path: Path) -> None:
    (tmp_path / "runtime").mkdir()
    (tmp_path / "runtime" / "python313.dll").write_bytes(b"MZ")
    first = sbom_json("Quét Sạch", "0.1.0", PARTS, tmp_path)
    assert first == sbom_json("Quét Sạch", "0.1.0", PARTS, tmp_path)
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(first) is None
    listed = {entry["name"]: entry for entry in json.loads(first)["components"]}
    assert set(listed) == {"tuf", "urllib3", "runtime/python313.dll"}
    assert listed["urllib3"]["components"][0]["purl"] == INSIDE.purl


def test_a_changed_file_gives_another_list(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"1")
    first = json.loads(sbom_json("Quét Sạch", "0.1.0", PARTS, tmp_path))
    (tmp_path / "a").write_bytes(b"2")
    assert json.loads(sbom_json("Quét Sạch", "0.1.0", PARTS, tmp_path))["serialNumber"] != first["serialNumber"]


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """Return a folder with packages as an installer leaves them."""
    folder = tmp_path / "boreal_python-1.4.0.dist-info"
    (folder / "sboms").mkdir(parents=True)
    (folder / "METADATA").write_text("Metadata-Version: 2.4\nName: boreal-python\nVersion: 1.4.0\n\nText: of it\n")
    crate = {
        "name": "spin",
        "version": "0.9.8",
        "purl": "pkg:cargo/spin@0.9.8?x=y",
        "licenses": [{"license": {"id": "MIT"}}],
    }
    (folder / "sboms" / "crates.json").write_text(json.dumps({"components": [crate]}))
    other = tmp_path / "pycparser-3.12.dist-info"
    other.mkdir()
    (other / "METADATA").write_text("Name: pycparser\nVersion: 3.12\n")
    return tmp_path


def test_packages_bring_what_is_built_into_them(installed: Path) -> None:
    (part,) = package_parts(installed)
    assert (part.name, part.version, part.licence) == ("boreal-python", "1.4.0", "MIT OR Apache-2.0")
    assert part.inside == (Part("spin", "0.9.8", "MIT", "pkg:cargo/spin@0.9.8"),)
    assert "Apache License" in part.texts[0]
