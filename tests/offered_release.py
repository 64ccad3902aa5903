"""A release of small files, and browsers of all kinds that ask for it."""

from pathlib import Path

from quetsach.packs.downloads import LIST_FILE, add_downloads, described, parse_downloads

SETUP, PORTABLE = "quetsach-2.0-setup.exe", "QuetSach-2.0.exe"
BUNDLE, STICK = "quetsach-2.0-linux-x64.tar.xz", "stick.iso"
ALL = (
    *((SETUP, "windows", "setup"), (PORTABLE, "windows", "portable")),
    *((BUNDLE, "linux", "bundle"), (STICK, "linux", "rescue")),
)
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/141.0.0.0 Safari/537.36"
LINUX = "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0"
ELSEWHERE = {
    "old Windows": "Mozilla/5.0 (Windows NT 6.1; Win64; x64; rv:109.0) Gecko/20100101 Firefox/115.0",
    "ARM": "Mozilla/5.0 (X11; Linux aarch64; rv:144.0) Gecko/20100101 Firefox/144.0",
    "Mac": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.0 Safari/605.1.15",
    "telephone": "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/141.0.0.0 Mobile Safari/537.36",
    "Chromebook": "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 Chrome/141.0.0.0 Safari/537.36",
    "unknown": "curl/8.14.1",
}
"""Browsers by what they run on."""


def build_release(folder: Path, *files: tuple[str, str, str], signed_by: str = "Cục <An toàn>") -> Path:
    """Make a release: name, system and kind of each file; its content is its name."""
    for name, system, kind in files:
        (folder / name).write_text(name)
        signer = signed_by if system == "windows" else ""
        entry = described(folder / name, system=system, kind=kind, version="2.0", signed_by=signer)
        add_downloads(folder, [entry])
    return folder


def offer_release(centre: Path, *files: tuple[str, str, str], signed_by: str = "Cục <An toàn>") -> None:
    """Put a release on offer without a repository: the files where those that are signed lie, the list beside them."""
    published = centre / "repository" / "targets" / "tools"
    published.mkdir(parents=True)
    (centre / "tool").mkdir()
    build_release(published, *files, signed_by=signed_by)
    (published / LIST_FILE).rename(centre / "tool" / LIST_FILE)
    for entry in parse_downloads((centre / "tool" / LIST_FILE).read_bytes()):
        (published / entry.name).rename(published / f"{entry.sha256}.{entry.name}")
