"""A start that cannot succeed says so in one line and starts nothing."""

import os
import socket
from pathlib import Path

import pytest

from config import ground
from tests.running import MAKE, refused

NOBODY = 65534


@pytest.mark.program("make")
def test_busy_port(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        said = refused(tmp_path / "data", MAKE, PORT=str(port))
    assert said.startswith(f"Port {port} of 127.0.0.1 is in use.")
    assert f"PORT={port + 1}" in said


@pytest.mark.parametrize(
    ("port", "wanted"),
    [
        ("0", "PORT=0 is no port: choose one from 1 to 65535."),
        ("65536", "PORT=65536 is no port: choose one from 1 to 65535."),
        ("http", "PORT='http': write a whole number."),
    ],
)
def test_port_that_is_none(port, wanted, tmp_path):
    assert refused(tmp_path / "data", PORT=port) == wanted


def test_folder_with_a_file_in_its_way(tmp_path):
    (tmp_path / "taken").write_text("a file", encoding="utf-8")
    said = refused(tmp_path / "taken" / "data")
    assert "DATA_DIR=" in said
    assert "Not a directory" in said
    assert "that you may write to" in said


def test_folder_that_nobody_can_write():
    said = refused(Path("/proc/data"))
    assert said.startswith("DATA_DIR='/proc/data' cannot")


def test_folder_of_somebody_else(tmp_path):
    """With its secrets given, nothing but the folder itself stands in the way."""
    secrets = {"SECRET_KEY": "k" * 50, "TOKEN_PEPPER": "p" * 50}
    (tmp_path / "data").write_text("a file", encoding="utf-8")
    said = refused(tmp_path / "data", **secrets)
    assert said.startswith(f"DATA_DIR={str(tmp_path / 'data')!r} cannot be written: ")


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user, which only root can")
def test_read_only_folder(tmp_path):
    tmp_path.chmod(0o755)
    folder = tmp_path / "data"
    folder.mkdir(mode=0o555)
    child = os.fork()
    if child == 0:  # pragma: no cover  # another process, which must not come back into pytest
        code = 1
        try:
            os.setuid(NOBODY)
            ground.require_writable(folder)
        except ground.Unfit as unfit:
            code = 0 if "Permission denied" in str(unfit) else 2
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_part_of_the_folder_in_the_way(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "run").write_text("a file", encoding="utf-8")
    assert refused(tmp_path / "data").endswith("run: File exists.")


@pytest.mark.parametrize(
    ("held", "asked", "wanted"),
    [
        ("demonstration", "0", "holds a demonstration, but DEMO=0 asks for a live installation."),
        ("live", "1", "holds a live installation, but DEMO=1 asks for a demonstration."),
    ],
)
def test_folder_of_the_other_mode(held, asked, wanted, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "mode").write_text(f"{held}\n", encoding="ascii")
    assert wanted in refused(tmp_path / "data", DEMO=asked)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "commitments.example.org"])
def test_demonstration_is_not_shown_to_others(host):
    with pytest.raises(ground.Unfit, match=r"whose passwords are known.*SERVE_DEMO_PUBLICLY=1"):
        ground.require_private(host, demo=True)
    ground.require_private(host, demo=False)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.0.0.2", "::1"])
def test_demonstration_is_shown_to_oneself(host):
    ground.require_private(host, demo=True)


@pytest.mark.parametrize(("flag", "open_to_all"), [("1", True), ("0", False), ("yes", False)])
def test_demonstration_for_others_needs_the_flag(flag, open_to_all, monkeypatch):
    monkeypatch.setenv("SERVE_DEMO_PUBLICLY", flag)
    if open_to_all:
        ground.require_private("0.0.0.0", demo=True)
        return
    with pytest.raises(ground.Unfit):
        ground.require_private("0.0.0.0", demo=True)


def test_host_of_others_in_a_demonstration(tmp_path):
    said = refused(tmp_path / "data", HOST="0.0.0.0", DEMO="1")
    assert said.startswith("HOST='0.0.0.0' would open a demonstration")


def test_host_that_is_none(tmp_path):
    said = refused(tmp_path / "data", HOST="192.0.2.1")
    assert said.startswith("HOST='192.0.2.1' PORT=")


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("DATABASE_URL", "postgresql://127.0.0.1:1/nothing", "The database does not answer: "),
        ("DATABASE_URL", "mystery://127.0.0.1/nothing", "DATABASE_URL"),
        ("DATABASE_URL", "no address", "DATABASE_URL is no address"),
        ("DATABASE_URL", "postgresql://[::1/name", "DATABASE_URL is no address"),
        ("REDIS_URL", "redis://127.0.0.1:1/0", "REDIS_URL does not answer: "),
        ("REDIS_URL", "no address", "REDIS_URL does not answer: "),
        ("EMAIL_URL", "mystery://127.0.0.1", "EMAIL_URL"),
        ("DEMO", "maybe", "DEMO='maybe': write 'true' or 'false'."),
        ("BODY_TIME_ZONE", "Asia/Nowhere", "BODY_TIME_ZONE='Asia/Nowhere'"),
    ],
)
def test_value_that_leads_nowhere(name, value, wanted, tmp_path):
    assert refused(tmp_path / "data", **{name: value}).startswith(wanted)
