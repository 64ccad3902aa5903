"""The list of parts for machines that read such lists (CycloneDX 1.6, JSON), the same bytes for the same parts."""

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import LicenseExpression
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from release.parts import Part

_BEFORE_ANY_VERSION = datetime(1980, 1, 1, tzinfo=UTC)
"""Lists are dated; one by the clock would differ at every build."""


def sbom_json(name: str, version: str, parts: Iterable[Part], tree: Path) -> str:
    """Return the list of a download: its parts, and each of its files with its SHA-256.

    Args:
        name: of the product.
        version: of the product.
        parts: whose work it is.
        tree: what is unpacked on a machine.
    """
    files = {path.relative_to(tree).as_posix(): _sha256(path) for path in sorted(tree.rglob("*")) if path.is_file()}
    download = Component(name=name, version=version, type=ComponentType.APPLICATION, bom_ref="download")
    bom = Bom(
        serial_number=uuid5(NAMESPACE_URL, repr((name, version, files))),
        metadata=BomMetaData(timestamp=_BEFORE_ANY_VERSION, component=download),
        components=[*(_component(part, "part") for part in parts), *(_file(*entry) for entry in files.items())],
    )
    bom.register_dependency(download, bom.components)
    return JsonV1Dot6(bom).output_as_string(indent=1) + "\n"


def _component(part: Part, place: str) -> Component:
    reference = f"{place}/{part.name}@{part.version}"
    return Component(
        name=part.name,
        version=part.version,
        type=ComponentType.LIBRARY,
        bom_ref=reference,
        purl=PackageURL.from_string(part.purl) if part.purl else None,
        licenses=[LicenseExpression(part.licence)] if part.licence else (),
        components=[_component(one, reference) for one in part.inside],
    )


def _file(name: str, sha256: str) -> Component:
    hashes = [HashType(alg=HashAlgorithm.SHA_256, content=sha256)]
    return Component(name=name, type=ComponentType.FILE, bom_ref=f"file/{name}", hashes=hashes)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
