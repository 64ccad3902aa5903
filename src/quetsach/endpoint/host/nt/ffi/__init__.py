"""The calls of Windows themselves, by ctypes: the only place that imports ``winreg``, ``msvcrt`` and ``wintypes``."""
