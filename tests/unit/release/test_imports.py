"""What the oldest Windows lacks is noticed."""

import pytest
from release.windows.imports import Asked, unknown_to_oldest


@pytest.mark.parametrize(
    ("library", "function"),
    [
        ("kernel32.dll", "CreateFileW"),
        ("kernel32.dll", "CreatePseudoConsole"),
        ("ws2_32.dll", "WSAStartup"),
        ("api-ms-win-crt-stdio-l1-1-0.dll", "_wfopen"),
        ("bcryptprimitives.dll", "ProcessPrng"),
    ],
)
def test_what_it_has_is_known(library: str, function: str) -> None:
    assert unknown_to_oldest([Asked(library, function, "a.dll")]) == []


@pytest.mark.parametrize(
    ("library", "function"),
    [
        ("kernel32.dll", "GetTempPath2W"),
        ("kernel32.dll", "GetMachineTypeAttributes"),
        ("kernel32.dll", "GetFileInformationByName"),
        ("kernel32.dll", "NoSuchFunctionAtAll"),
        ("icu.dll", "CreateFileW"),
        ("api-ms-win-crt-stdio-l1-2-0.dll", "_wfopen"),
        ("api-ms-win-crt-stdio-l1-1-0.dll", "CreateFileW"),
        ("ntdll.dll", "NtSetInformationFile"),
    ],
)
def test_what_it_lacks_or_nobody_vouches_for_is_told(library: str, function: str) -> None:
    asked = Asked(library, function, "a.dll")
    assert unknown_to_oldest([asked]) == [asked]
