"""The event log of Windows (``ReportEventW``, advapi32)."""

import sys

assert sys.platform == "win32"

import ctypes
from ctypes import wintypes

from quetsach.endpoint.host.nt.ffi._dll import library

_INFORMATION, _WARNING = 0x0004, 0x0002
_LONGEST_TEXT = 31_839
"""Characters that one string of an event may have (Microsoft Learn, "ReportEventW")."""

_advapi = library("advapi32")
_register = _advapi.RegisterEventSourceW
_register.argtypes = [wintypes.LPCWSTR, wintypes.LPCWSTR]
_register.restype = wintypes.HANDLE
_deregister = _advapi.DeregisterEventSource
_deregister.argtypes = [wintypes.HANDLE]
_report = _advapi.ReportEventW
_report.argtypes = [
    *(wintypes.HANDLE, wintypes.WORD, wintypes.WORD, wintypes.DWORD, wintypes.LPVOID, wintypes.WORD, wintypes.DWORD),
    *(ctypes.POINTER(wintypes.LPCWSTR), wintypes.LPVOID),
]
_report.restype = wintypes.BOOL


def log_event(number: int, text: str, *, is_warning: bool, source: str = "QuetSach") -> None:
    """Tell the log ``Application``; a log that takes nothing, or does not run, is passed over."""
    log = _register(None, source)
    if not log:
        return
    try:
        strings = (wintypes.LPCWSTR * 1)(text.replace("\0", " ")[:_LONGEST_TEXT])
        kind = _WARNING if is_warning else _INFORMATION
        _report(log, kind, 0, number, None, 1, 0, strings, None)
    finally:
        _deregister(log)
