"""Drives and volumes of a running Windows (``VolumeCalls``). Source: Microsoft Learn, "Volume Management"."""

import sys

assert sys.platform == "win32"

import ctypes
from ctypes import wintypes

from quetsach.endpoint.host.nt.ffi._dll import last_error, library
from quetsach.endpoint.host.nt.file_calls import DriveKind

_kernel32 = library("kernel32")
_TEXT, _SIZE, _WORD = wintypes.LPWSTR, wintypes.DWORD, wintypes.LPCWSTR
_kernel32.GetSystemWindowsDirectoryW.argtypes = (_TEXT, _SIZE)
_kernel32.GetDriveTypeW.argtypes = (_WORD,)
_kernel32.QueryDosDeviceW.argtypes = (_WORD, _TEXT, _SIZE)
_kernel32.GetVolumeNameForVolumeMountPointW.argtypes = (_WORD, _TEXT, _SIZE)
_kernel32.GetVolumePathNamesForVolumeNameW.argtypes = (_WORD, _TEXT, _SIZE, ctypes.POINTER(wintypes.DWORD))
_kernel32.SetErrorMode.argtypes = (wintypes.UINT,)

_LONGEST = 0x8000
_NO_QUESTIONS = 0x1  # SEM_FAILCRITICALERRORS: no window asks for a disk in an empty drive


class NtVolumeCalls:
    """The calls themselves; satisfies ``VolumeCalls``."""

    def __init__(self) -> None:
        _kernel32.SetErrorMode(_NO_QUESTIONS)

    def system_drive(self) -> str:
        """Return the drive that Windows runs from."""
        buffer = ctypes.create_unicode_buffer(_LONGEST)
        if not _kernel32.GetSystemWindowsDirectoryW(buffer, _LONGEST):
            raise last_error()
        return buffer.value[:2]

    def drives(self) -> list[DriveKind]:
        """Return all drive letters."""
        mask = _kernel32.GetLogicalDrives()
        letters = [chr(ord("A") + bit) + ":" for bit in range(26) if mask >> bit & 1]
        return [DriveKind(letter, _kernel32.GetDriveTypeW(letter + "\\"), _device(letter)) for letter in letters]

    def volume_of(self, place: str) -> str:
        """Return the volume that is mounted at a path."""
        buffer = ctypes.create_unicode_buffer(64)
        return buffer.value if _kernel32.GetVolumeNameForVolumeMountPointW(place, buffer, len(buffer)) else ""

    def places_of(self, volume: str) -> list[str]:
        """Return the paths at which a volume is mounted."""
        buffer, needed = ctypes.create_unicode_buffer(_LONGEST), wintypes.DWORD()
        if not _kernel32.GetVolumePathNamesForVolumeNameW(volume, buffer, _LONGEST, ctypes.byref(needed)):
            return []
        return [place for place in str(buffer[: needed.value]).split("\0") if place]


def _device(letter: str) -> str:
    buffer = ctypes.create_unicode_buffer(_LONGEST)
    return buffer.value if _kernel32.QueryDosDeviceW(letter, buffer, _LONGEST) else ""
