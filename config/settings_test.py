"""The settings of the suite: speed and isolation differ from production, never a rule."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

if "DATA_DIR" not in os.environ:  # one folder for the run; its worker processes inherit the name
    folder = tempfile.mkdtemp(prefix="suite-")
    os.environ["DATA_DIR"] = folder
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
os.environ.setdefault("SECRET_KEY", "key-of-the-suite-known-to-everybody-and-used-by-nothing-else")
os.environ.setdefault(
    "TOKEN_PEPPER", "pepper-of-the-suite-known-to-everybody-and-used-nowhere-else"
)
os.environ.setdefault("DEMO", "false")

from config.settings import *
from config.settings import DATABASES, SEAL_PASSWORD_FILE, SEAL_PKCS12_FILE, STATIC_ROOT, TEMPLATES
from tests import seals
from tests.templates import MissingVariable

Path(STATIC_ROOT).mkdir(mode=0o700, parents=True, exist_ok=True)
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# The database of a test need not outlive a loss of power: nothing waits for the disk.
PRAGMAS: dict = DATABASES["default"]["OPTIONS"]
if "init_command" in PRAGMAS:
    PRAGMAS["init_command"] = PRAGMAS["init_command"].replace("synchronous=FULL", "synchronous=OFF")
else:
    PRAGMAS["options"] = "-c synchronous_commit=off"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
seals.make(Path(SEAL_PKCS12_FILE), Path(SEAL_PASSWORD_FILE))
OPTIONS: dict = TEMPLATES[0]["OPTIONS"]  # type: ignore[assignment]
OPTIONS["string_if_invalid"] = MissingVariable("%s")
