"""Programs made for specimens are what they claim to be: an engine's own readers of PE and ELF say so."""

import subprocess
from pathlib import Path

import pytest
import yara_x

from quetsach.packs.specimen.program import build_elf, build_pe


def _holds(condition: str, content: bytes) -> bool:
    rules = yara_x.compile(f'import "pe" import "elf" rule r {{ condition: {condition} }}')
    return bool(rules.scan(content).matching_rules)


@pytest.mark.parametrize("bits", [32, 64])
def test_a_program_of_windows_starts_in_the_section_that_is_named(bits: int) -> None:
    content = build_pe(bits=bits, sections={".rmnet": b"x" * 700}, entry=".rmnet", overlay=b"more")
    machine = "pe.MACHINE_AMD64" if bits == 64 else "pe.MACHINE_I386"
    assert _holds(f"pe.is_pe and pe.machine == {machine} and pe.number_of_sections == 2 and not pe.is_dll()", content)
    assert _holds('pe.sections[1].name == ".rmnet" and pe.entry_point == pe.sections[1].raw_data_offset', content)
    assert _holds("pe.overlay.size == 4", content)


def test_a_library_of_windows_has_its_exports() -> None:
    content = build_pe(dll=True, exports=["Start", "Install"])
    assert _holds('pe.is_dll() and pe.exports("Start") and pe.exports("Install") and not pe.exports("Other")', content)


@pytest.mark.parametrize(("machine", "bits"), [(62, 64), (3, 32)])
def test_a_program_of_linux_runs_and_ends(tmp_path: Path, machine: int, bits: int) -> None:
    program = tmp_path / "program"
    program.write_bytes(build_elf(b"strings that a rule looks for", machine=machine, bits=bits))
    program.chmod(0o755)
    assert subprocess.run([program], check=False).returncode == 0


def test_a_program_for_a_router_has_the_form_of_its_machine() -> None:
    content = build_elf(b"strings", machine=8, bits=32, big_endian=True)
    assert _holds("elf.machine == elf.EM_MIPS and elf.type == elf.ET_EXEC", content)
    assert content.endswith(b"strings")


def test_data_of_a_program_of_windows_are_not_run() -> None:
    content = build_pe(sections={".data": b"x" * 4096})
    assert _holds('pe.sections[1].name == ".data" and pe.sections[1].characteristics & 0x20000000 == 0', content)
    assert _holds('pe.sections[0].name == ".text" and pe.sections[0].characteristics & 0x80000000 == 0', content)
