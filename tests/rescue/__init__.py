"""The rescue stick, made and started in an emulated computer: ``python -m tests.rescue``, or ``make test-rescue``."""
