"""The running Windows: what it is asked, through narrow calls that a test can play (``ffi`` are the real ones)."""
