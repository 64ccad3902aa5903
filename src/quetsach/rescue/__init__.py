"""The rescue stick: made from Debian's own packages, written, and what it does when a machine starts from it.

For Linux alone; the download for Windows carries none of it.
"""
