"""What each place of Linux holds: one planted foothold each, found with the command that it runs."""

from pathlib import Path

import pytest
from tests.machine import Machine

from quetsach.core.pack import ArtefactKind
from quetsach.endpoint.collect.places import places_of

RUNNING = {"kernel-module", "socket"}
OWN_TESTS = {"systemd-unit", "authorized-keys", "preload"}

PLANTED: dict[str, tuple[str, str, str]] = {  # place -> path, content, what it runs
    "account": ("/etc/passwd", "toor:x:0:0::/root:/bin/sh", ""),
    "acpi-event": ("/etc/acpi/events/button", "event=button.*\naction=/opt/x --now", "/opt/x --now"),
    "anacron": ("/etc/anacrontab", "1 5 job /opt/x", "/opt/x"),
    "at-job": ("/var/spool/cron/atjobs/a1", "#!/bin/sh\n/opt/x", "/opt/x"),
    "binfmt": ("/etc/binfmt.d/x.conf", "# c\n:x:M::MZ::/opt/x:F", "/opt/x"),
    "cron-script": ("/etc/cron.daily/x", "#!/bin/sh\n/opt/x", "/opt/x"),
    "cron-system": ("/etc/cron.d/x", "@reboot root /opt/x", "/opt/x"),
    "cron-user": ("/var/spool/cron/lan", "@reboot /opt/x", "/opt/x"),
    "dbus-service": (
        "/home/lan/.local/share/dbus-1/services/x.service",
        "[D-BUS Service]\nName=x\nExec=/opt/x",
        "/opt/x",
    ),
    "desktop-autostart": ("/home/lan/.config/autostart/x.desktop", "[Desktop Entry]\nExec=/opt/x %U", "/opt/x %U"),
    "desktop-launcher": ("/home/lan/.local/share/applications/x.desktop", "[Desktop Entry]\nExec = /opt/x", "/opt/x"),
    "desktop-script": ("/home/lan/.config/autostart-scripts/x", "#!/bin/sh\n\n  /opt/x", "/opt/x"),
    "display-manager": ("/etc/lightdm/lightdm.conf", "[Seat:*]\ndisplay-setup-script=/opt/x", "/opt/x"),
    "doas": ("/etc/doas.conf", "permit nopass lan as root cmd /opt/x", "/opt/x"),
    "environment": ("/home/lan/.pam_environment", "LD_PRELOAD DEFAULT=/opt/x", "LD_PRELOAD DEFAULT=/opt/x"),
    "firewall": ("/etc/iptables/rules.v4", "*nat\n-A PREROUTING -p tcp --dport 80 -j REDIRECT --to-ports 8080", ""),
    "hosts": ("/etc/hosts", "# c\n192.0.2.1 bank.example", ""),
    "incron": ("/etc/incron.d/x", "/srv IN_CREATE /opt/x $@", "/opt/x $@"),
    "inetd": ("/etc/inetd.conf", "9999 stream tcp nowait root /opt/x x -i", "/opt/x x -i"),
    "inittab": ("/etc/inittab", "# c\nx:2345:respawn:/opt/x", "/opt/x"),
    "kernel-module-install": ("/etc/modprobe.d/x.conf", "install usb_storage /opt/x", "/opt/x"),
    "kernel-module-load": ("/etc/modules-load.d/x.conf", "# c\nrootkit", ""),
    "kernel-parameter": ("/etc/sysctl.d/x.conf", "kernel.core_pattern = |/opt/x %P", "/opt/x %P"),
    "library-path": ("/etc/ld.so.conf.d/x.conf", "/opt/lib", ""),
    "logrotate": ("/etc/logrotate.d/x", "endscript\n  /opt/x", "/opt/x"),
    "mail-pipe": ("/home/lan/.forward", '\\lan, "|/opt/x -a"', "/opt/x -a"),
    "motd": ("/etc/update-motd.d/99-x", "#!/bin/sh\n/opt/x", "/opt/x"),
    "name-services": ("/etc/nsswitch.conf", "passwd: files x", ""),
    "network-hook": ("/etc/NetworkManager/dispatcher.d/pre-up.d/x", "#!/bin/sh\n/opt/x", "/opt/x"),
    "network-interface": ("/etc/network/interfaces", "iface eth0 inet dhcp\n  post-up /opt/x", "/opt/x"),
    "package-hook": ("/etc/apt/apt.conf.d/99x", 'DPkg::Post-Invoke {"/opt/x; true";};', "/opt/x; true"),
    "package-hook-rpm": ("/etc/dnf/libdnf5-plugins/actions.d/x.actions", "post_transaction:*::: /opt/x", "/opt/x"),
    "package-plugin": ("/etc/pacman.d/hooks/x.hook", "[Action]\nWhen = PostTransaction\nExec = /opt/x", "/opt/x"),
    "pam": ("/etc/pam.d/sshd", "auth [success=1 default=ignore] pam_exec.so quiet /opt/x", "pam_exec.so quiet /opt/x"),
    "pam-module": ("/usr/lib/x86_64-linux-gnu/security/pam_x.so", "\x7fELF", ""),
    "php-start": ("/etc/php/8.4/fpm/php.ini", "; c\nauto_prepend_file = /opt/x", "/opt/x"),
    "polkit-rule": ("/etc/polkit-1/rules.d/x.rules", "polkit.addRule(f)", ""),
    "power-hook": ("/usr/lib/systemd/system-sleep/x", "#!/bin/sh\n/opt/x", "/opt/x"),
    "python-start": (
        "/home/lan/.local/lib/python3.13/site-packages/x.pth",
        "import os; os.system('/opt/x')",
        "import os; os.system('/opt/x')",
    ),
    "rc-local": ("/etc/rc.local", "#!/bin/sh\n/opt/x", "/opt/x"),
    "resolver": ("/etc/resolv.conf", "; c\nnameserver 192.0.2.53", ""),
    "runit": ("/etc/sv/x/run", "#!/bin/sh\nexec /opt/x", "exec /opt/x"),
    "script-folder": ("/etc/ppp/ip-up.d/x", "#!/bin/sh\n/opt/x\n", "/opt/x"),
    "service-defaults": ("/etc/default/cron", "# c\nLD_PRELOAD=/opt/x", "LD_PRELOAD=/opt/x"),
    "session": ("/home/lan/.xinitrc", "/opt/x &", "/opt/x &"),
    "shell-other": ("/home/lan/.config/fish/config.fish", "/opt/x &", "/opt/x &"),
    "shell-profile": ("/home/lan/.bashrc", "/opt/x &", "/opt/x &"),
    "ssh-client": ("/home/lan/.ssh/config", "Host *\n  ProxyCommand /opt/x %h", "/opt/x %h"),
    "ssh-login": ("/home/lan/.ssh/rc", "/opt/x", "/opt/x"),
    "ssh-server": ("/etc/ssh/sshd_config.d/x.conf", "ForceCommand /opt/x", "/opt/x"),
    "sudoers": ("/etc/sudoers.d/x", "lan ALL=(ALL:ALL) NOPASSWD: SETENV: /opt/x", "/opt/x"),
    "sudoers-number": ("/etc/sudoers", "# c\n#includedir /opt/x", "/opt/x"),
    "supervisor": ("/etc/supervisor/conf.d/x.conf", "[program:x]\ncommand=/opt/x", "/opt/x"),
    "systemd-generator": ("/etc/systemd/system-generators/x", "#!/bin/sh\n/opt/x", "/opt/x"),
    "systemd-settings": (
        "/etc/systemd/system.conf.d/x.conf",
        "[Manager]\nDefaultEnvironment=LD_PRELOAD=/opt/x",
        "LD_PRELOAD=/opt/x",
    ),
    "tcp-wrappers": ("/etc/hosts.allow", "ALL : ALL : spawn /opt/x &", "/opt/x &"),
    "udev": (
        "/etc/udev/rules.d/x.rules",
        'ACTION=="add", RUN+="/bin/true", RUN{program}+="/opt/x"',
        "/bin/true; /opt/x",
    ),
    "upstart": ("/etc/init/x.conf", "exec /opt/x", "exec /opt/x"),
    "vpn": ("/etc/openvpn/client/x.conf", "client\nup /opt/x", "/opt/x"),
    "window-manager": (
        "/home/lan/.config/i3/config",
        "bindsym $mod+x exec --no-startup-id /opt/x",
        "/opt/x",
    ),
}


def test_every_place_has_a_planted_foothold() -> None:
    assert PLANTED.keys() | OWN_TESTS | RUNNING == {place.name for place in places_of("linux")}


@pytest.mark.parametrize("name", PLANTED)
def test_what_is_planted_in_a_place_is_found_there(tmp_path: Path, name: str) -> None:
    path, content, command = PLANTED[name]
    machine = Machine(tmp_path)
    machine.write(path, content)
    found = machine.artefacts(name)[-1]
    assert found.fields["path"] == path
    assert found.fields.get("command", "") == command
    if "/opt/x" in command:
        assert b"/opt/x" in found.refers_to


@pytest.mark.parametrize(
    ("name", "path", "content"),
    [
        ("hosts", "/etc/hosts", "# 192.0.2.1 bank.example\n\n"),
        ("udev", "/etc/udev/rules.d/x.rules", 'ACTION=="add", SYMLINK+="x"\n'),
        ("desktop-launcher", "/home/lan/.local/share/applications/x.desktop", "[Desktop Entry]\nType=Link\n"),
        ("sudoers-number", "/etc/sudoers", "# lan ALL=(ALL) ALL\nlan ALL=(ALL) ALL\n"),
        ("motd", "/etc/update-motd.d/x", b"\x7fELF\x02\x01\nsh\n"),
    ],
)
def test_what_says_nothing_gives_nothing(tmp_path: Path, name: str, path: str, content: str | bytes) -> None:
    machine = Machine(tmp_path)
    machine.write(path, content)
    assert machine.artefacts(name) == []


def test_a_module_of_pam_is_found_in_the_folders_of_pam(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    module = "/usr/lib/x86_64-linux-gnu/security/pam_x.so"
    machine.write(module, b"\x7fELF")
    machine.write("/etc/pam.d/su", "session required pam_x.so")
    assert machine.artefacts("pam")[0].refers_to == (module.encode(),)


def test_a_program_of_udev_is_found_in_the_folder_of_udev(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    machine.write("/usr/lib/udev/x", b"\x7fELF")
    machine.write("/etc/udev/rules.d/x.rules", 'RUN+="x --all"')
    assert machine.artefacts("udev")[0].refers_to == (b"/usr/lib/udev/x",)


def test_a_file_that_starts_refers_to_itself_and_to_what_it_runs(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    machine.write("/etc/xdg/autostart/x.desktop", "Exec=/opt/x")
    [found] = machine.artefacts("desktop-autostart")
    assert found.kind is ArtefactKind.STARTUP_FILE
    assert found.refers_to == (b"/etc/xdg/autostart/x.desktop", b"/opt/x")
