"""An emulated computer that starts from a stick: its keys are typed, its screen and its serial port are read.

It is emulated without the help of the processor (tcg), as that works everywhere; ``ACCEL=kvm`` tries it.
"""

import os
import re
import shutil
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Self

FIRMWARE = Path("/usr/share/OVMF")
_KEYS = {" ": "spc", "\n": "ret", "/": "slash", ".": "dot", "-": "minus", "|": "shift-backslash"}
_PROMPT = b"(qemu) "
_MEMORY_MEGABYTES = 1536


class SilenceError(AssertionError):
    """What was waited for did not come."""


class Machine:
    """A computer with a stick and a disk, switched on while the block lasts.

    Args:
        folder: where its sockets and pictures lie.
        firmware: ``bios``, ``uefi`` or ``secure`` (UEFI with Secure Boot and the keys that computers are sold with).
        stick: the image of the stick; ``is_disc`` puts it in as a compact disc.
        disk: the image of its disk.
    """

    def __init__(self, folder: Path, firmware: str, stick: Path, disk: Path, *, is_disc: bool = False) -> None:
        self._folder = folder
        self._words = [
            *("qemu-system-x86_64", "-display", "none", "-nic", "none", "-m", str(_MEMORY_MEGABYTES), "-smp", "2"),
            *("-machine", f"q35,accel={os.environ.get('ACCEL', 'tcg')}{',smm=on' if firmware == 'secure' else ''}"),
            *("-monitor", f"unix:{folder}/monitor,server,nowait", "-serial", f"unix:{folder}/serial,server,nowait"),
            *("-device", "qemu-xhci", "-device", "usb-kbd", "-vga", "std"),
            *("-drive", f"if=none,id=disk,format=raw,file={disk}", "-device", "ide-hd,drive=disk,bus=ide.0"),
            *self._firmware(firmware),
        ]
        if is_disc:
            self._words += ["-drive", f"if=none,id=disc,format=raw,media=cdrom,readonly=on,file={stick}"]
            self._words += ["-device", "ide-cd,drive=disc,bus=ide.1,bootindex=0"]
        else:
            self._words += ["-drive", f"if=none,id=stick,format=raw,file={stick}"]
            self._words += ["-device", "usb-storage,drive=stick,removable=on,serial=4C530001,bootindex=0"]
        self._heard = b""

    def _firmware(self, firmware: str) -> list[str]:
        if firmware == "bios":
            return []
        is_secure = firmware == "secure"
        settings = self._folder / "settings.fd"
        shutil.copyfile(FIRMWARE / f"OVMF_VARS_4M{'.ms' if is_secure else ''}.fd", settings)
        code = FIRMWARE / f"OVMF_CODE_4M{'.secboot' if is_secure else ''}.fd"
        secure = ["-global", "driver=cfi.pflash01,property=secure,value=on"] if is_secure else []
        drives = (f"if=pflash,format=raw,readonly=on,file={code}", f"if=pflash,format=raw,file={settings}")
        return [*secure, *(word for drive in drives for word in ("-drive", drive))]

    def __enter__(self) -> Self:
        for name in ("monitor", "serial"):
            (self._folder / name).unlink(missing_ok=True)
        self._process = subprocess.Popen(self._words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        self._monitor, self._serial = (self._connect(name) for name in ("monitor", "serial"))
        self._answer()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            (self._folder / "heard.txt").write_bytes(self._heard)
            if self._process.poll() is None:
                self.picture("at-the-failure")
        self._monitor.close()
        self._serial.close()
        self._process.kill()
        self._process.wait()

    def wait_until_off(self, seconds: float) -> None:
        """Wait until the computer switched itself off."""
        end = time.monotonic() + seconds
        while self._process.poll() is None:
            if time.monotonic() > end:
                raise SilenceError("the machine did not switch itself off")
            if not self._listen(1):
                time.sleep(0.2)  # what it says at last is kept for who looks into a failure

    def choose_at_start(self, key: str, seconds: float) -> None:
        """Press a key of the start menu until the serial port says something."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.type(key)
            if self._listen(1):
                return
        raise SilenceError("nothing came from the serial port")

    def expect(self, pattern: str, seconds: float) -> str:
        """Wait until the serial port says what matches, and return all until there."""
        end = time.monotonic() + seconds
        while not (found := re.search(pattern, self._text())):
            if time.monotonic() > end or self._process.poll() is not None:
                raise SilenceError(f"no {pattern!r} in what came last: …{self._text()[-1500:]}")
            self._listen(1)
        text = self._text()
        self._heard = text[found.end() :].encode()
        return text[: found.end()]

    def say(self, text: str) -> None:
        """Type at the serial port."""
        self._serial.sendall(text.encode())

    def type(self, text: str) -> None:
        """Press keys on the keyboard."""
        for letter in text:
            key = _KEYS.get(letter, f"shift-{letter.lower()}" if letter.isupper() else letter)
            self._command(f"sendkey {key} 30")
            time.sleep(0.1)

    def press(self, key: str) -> None:
        """Press a key, or several at once, by the names of the emulator: ``alt-u``, ``esc``."""
        self._command(f"sendkey {key} 50")

    def picture(self, name: str) -> Path:
        """Take a picture of the screen (PNG)."""
        raw, path = self._folder / "screen.ppm", self._folder / f"{name}.png"
        raw.unlink(missing_ok=True)
        self._command(f"screendump {raw}")
        with path.open("wb") as file:
            subprocess.run(["pnmtopng", str(raw)], stdout=file, stderr=subprocess.DEVNULL, check=True)
        return path

    def read_until(self, pattern: str, seconds: float, name: str) -> str:
        """Wait until the screen shows what matches, as a reader of pictures sees it; the picture is kept."""
        end = time.monotonic() + seconds
        text = ""
        while time.monotonic() < end and self._process.poll() is None:
            picture = self.picture(name)
            words = ["tesseract", str(picture), "-", "--psm", "6"]
            text = subprocess.run(words, capture_output=True, text=True, check=True).stdout
            if re.search(pattern, text):
                return text
            time.sleep(5)
        raise SilenceError(f"no {pattern!r} on the screen, which shows: {text}")

    def _connect(self, name: str) -> socket.socket:
        end = time.monotonic() + 20
        while True:
            stream = socket.socket(socket.AF_UNIX)
            try:
                stream.connect(str(self._folder / name))
            except OSError:
                stream.close()
                if time.monotonic() > end:
                    raise
                time.sleep(0.2)
            else:
                stream.settimeout(10)
                return stream

    def _text(self) -> str:
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self._heard.decode("utf-8", "replace"))

    def _listen(self, seconds: float) -> bool:
        self._serial.settimeout(seconds)
        try:
            heard = self._serial.recv(65536)
        except (TimeoutError, ConnectionError):
            return False
        self._heard += heard
        return bool(heard)

    def _command(self, words: str) -> None:
        self._monitor.sendall(f"{words}\n".encode())
        self._answer()

    def _answer(self) -> bytes:
        answer = b""
        while not answer.endswith(_PROMPT):
            answer += self._monitor.recv(4096)
        return answer
