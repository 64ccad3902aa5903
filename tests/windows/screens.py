"""Pictures of every page of the window: ``python -m tests.windows.screens FOLDER [NAME…]``.

Each state of ``tests/window_samples.py`` in both languages, by day and by night, at 100, 150 and 200 %, on a screen of
its own (Xvfb): drawn by Tk, or with ``--windows`` by a Windows of the bed. Look at them: no test sees what is ugly.
Needs imagemagick beside what the tests need.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SCALES = (1.0, 1.5, 2.0)
LANGUAGES = ("vi", "en")
THEMES = ("light", "dark")
SCREEN = "1920x1400x24"
CORNER = 10
"""Where the pages drawn by Windows stand on the screen, from the left and from above."""


@contextmanager
def virtual_screen(size: str = SCREEN) -> Iterator[str]:
    """Run an X server that shows nothing, and yield its ``DISPLAY``."""
    read, write = os.pipe()
    command = ["Xvfb", "-displayfd", str(write), "-screen", "0", size, "-nolisten", "tcp"]
    server = subprocess.Popen(command, pass_fds=(write,), stderr=subprocess.DEVNULL)
    os.close(write)
    try:
        with os.fdopen(read) as answer:
            yield f":{int(answer.readline())}"
    finally:
        server.terminate()
        server.wait()


def photograph(display: str, path: Path, *, window: str = "root", crop: str = "") -> None:
    """Write a picture of a window, or of a part of the screen."""
    part = ["-crop", crop, "+repage"] if crop else []
    subprocess.run(["import", "-display", display, "-window", window, *part, str(path)], check=True)


def picture(folder: Path, name: str, language: str, theme: str, scale: float) -> Path:
    """Return the file of a picture."""
    return folder / f"{name}-{language}-{theme}-{round(scale * 100)}.png"


def draw_with_tk(folder: Path, names: list[str], *, scale: float, theme: str) -> None:
    """Photograph the pages as Tk draws them on the ``DISPLAY`` of this process."""
    from tests.window_samples import states

    from quetsach.endpoint.window.appearance import DARK, LIGHT
    from quetsach.endpoint.window.pages import page_of
    from quetsach.endpoint.window.tk import TkView

    view = TkView(scale=scale, palette=DARK if theme == "dark" else LIGHT)
    for language in LANGUAGES:
        for name in names:
            view.show(page_of(states(language)[name]))
            for _ in range(3):
                view.root.update()
                time.sleep(0.02)
            path = picture(folder, name, language, theme, scale)
            photograph(os.environ["DISPLAY"], path, window=str(view.root.winfo_id()))
    view.root.destroy()


def draw_with_windows(folder: Path, names: list[str], display: str, scales: list[float], themes: list[str]) -> None:
    """Photograph the pages as a Windows draws them."""
    from tests.windows.bed import build
    from tests.windows.bed.wine import PYTHON, copied

    with copied(build.prefix(), build.python(), {"DISPLAY": display}) as windows:
        windows.run("wine", "reg", "add", r"HKCU\Software\Wine\Drivers", "/v", "Graphics", "/d", "x11", "/f")
        windows.stop()
        for scale in scales:
            for theme in themes:
                words = ["wine", f"{PYTHON}\\python.exe", "-m", "tests.windows.inside.window.draw", str(scale), theme]
                drawing = subprocess.Popen(
                    words,
                    cwd=windows.drive,
                    env=windows.environment(),
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
                with drawing:
                    _photograph_each(drawing, folder, names, display, scale, theme)


def _photograph_each(
    drawing: "subprocess.Popen[str]", folder: Path, names: list[str], display: str, scale: float, theme: str
) -> None:
    from quetsach.endpoint.window.layout import HEIGHT, WIDTH

    assert drawing.stdin
    assert drawing.stdout
    crop = f"{round(WIDTH * scale)}x{round(HEIGHT * scale)}+{CORNER}+{CORNER}"
    for language in LANGUAGES:
        for name in names:
            print(name, language, file=drawing.stdin, flush=True)
            assert drawing.stdout.readline().strip() == "shown", name
            time.sleep(0.4)  # what was drawn has to come to the screen
            photograph(display, picture(folder, name, language, theme, scale), crop=crop)
    drawing.stdin.close()


def main() -> int:
    """Photograph what the command line asks for."""
    from tests.window_samples import states

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("name", nargs="*", default=list(states()), help="of states; all by default")
    parser.add_argument("--windows", action="store_true", help="drawn by a Windows of the bed")
    parser.add_argument("--scale", type=float, action="append")
    parser.add_argument("--theme", choices=THEMES, action="append")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    scales, themes = arguments.scale or list(SCALES), arguments.theme or list(THEMES)
    if arguments.here:
        draw_with_tk(arguments.folder, arguments.name, scale=scales[0], theme=themes[0])
        return 0
    with virtual_screen() as display:
        if arguments.windows:
            draw_with_windows(arguments.folder, arguments.name, display, scales, themes)
            return 0
        for scale in scales:
            for theme in themes:
                again = [sys.executable, "-m", "tests.windows.screens", str(arguments.folder), *arguments.name]
                again += ["--here", "--scale", str(scale), "--theme", theme]
                subprocess.run(again, env=os.environ | {"DISPLAY": display}, check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
