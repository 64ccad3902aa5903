"""Words everyone uses. No I/O, no third-party package."""
