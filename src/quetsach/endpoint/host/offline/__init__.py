"""Back ends for systems that do not run: a mounted disk of Linux, macOS or Windows, on a Linux machine."""
