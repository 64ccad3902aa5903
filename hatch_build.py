"""Puts the shelf of packs into the wheel as opaque files, so that no scanner takes the tool's own rules for malware."""

import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CustomBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Packs every folder of ``packs/`` while a wheel is built; specimens stay with the source."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the packed files to the wheel. An editable installation reads the folders themselves."""
        if self.target_name != "wheel" or version == "editable":
            return
        root = Path(self.root)
        sys.path.insert(0, str(root / "src"))
        from quetsach.packs.container import pack, read_folder  # noqa: PLC0415

        self._made = tempfile.TemporaryDirectory()
        for folder in sorted(path.parent for path in root.glob("packs/*/pack.toml")):
            packed = Path(self._made.name) / f"{folder.name}.qsp"
            packed.write_bytes(pack(read_folder(folder)))
            build_data["force_include"][str(packed)] = f"quetsach/bundled/packs/{packed.name}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove what was packed."""
        del version, build_data, artifact_path
        if hasattr(self, "_made"):
            self._made.cleanup()
