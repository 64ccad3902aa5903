"""What the settings of a centre behind an encrypting proxy make of its answers; read in a process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

ASK = """
import json, django
from django.conf import settings
django.setup()
from django.test import Client
answers = [Client().get("/robots.txt", headers={"x-forwarded-proto": by}) for by in ("https", "http")]
told = [answer.headers.get("Strict-Transport-Security", "") for answer in answers]
print(json.dumps([settings.SESSION_COOKIE_NAME, list(settings.SESSION_TWINS), settings.SESSION_COOKIE_SECURE, told]))
"""


def test_an_encrypted_centre_holds_browsers_to_that(tmp_path: Path) -> None:
    of_a_centre = {"QUETSACH_HTTPS": "yes", "QUETSACH_PROXY_HOPS": "1", "QUETSACH_HOSTS": "testserver"}
    environment = os.environ | of_a_centre | {"DJANGO_SETTINGS_MODULE": "quetsach.web.settings"}
    done = subprocess.run(
        [sys.executable, "-c", ASK], env=environment, cwd=tmp_path, check=True, capture_output=True, text=True
    )
    name, twins, is_secure, told = json.loads(done.stdout)
    assert (name, twins, is_secure) == ("__Secure-office", ["__Secure-office-en"], True)
    assert told == ["max-age=31536000", ""]
