"""A service that does nothing until it is ended; it does not obey when told to stop. Harmless."""

import ctypes
import sys
import time

advapi32 = ctypes.WinDLL("advapi32")
MAIN = ctypes.WINFUNCTYPE(None, ctypes.c_uint32, ctypes.c_void_p)
HANDLER = ctypes.WINFUNCTYPE(ctypes.c_uint32, ctypes.c_uint32, ctypes.c_uint32, ctypes.c_void_p, ctypes.c_void_p)


class Entry(ctypes.Structure):
    _fields_ = (("name", ctypes.c_wchar_p), ("main", MAIN))


@HANDLER
def on_control(control: int, kind: int, data: int, context: int) -> int:
    return 0


@MAIN
def main(count: int, arguments: int) -> None:
    advapi32.RegisterServiceCtrlHandlerExW.restype = ctypes.c_void_p
    handle = ctypes.c_void_p(advapi32.RegisterServiceCtrlHandlerExW(sys.argv[1], on_control, None))
    running = (ctypes.c_uint32 * 7)(0x10, 4, 1, 0, 0, 0, 0)
    advapi32.SetServiceStatus(handle, running)
    while True:
        time.sleep(0.05)


advapi32.StartServiceCtrlDispatcherW((Entry * 2)(Entry(sys.argv[1], main), Entry(None, MAIN())))
