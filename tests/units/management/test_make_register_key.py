"""The key of the checkpoints, drawn by hand where it shall lie."""

import stat
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from units.actions import checkpoints


def test_it_is_drawn_once_and_its_fingerprint_printed(tmp_path, settings):
    path, out = tmp_path / "apart" / "key.pem", StringIO()
    call_command("make_register_key", path, stdout=out)
    settings.REGISTER_KEY_FILE = path
    first, _told, fingerprint = out.getvalue().splitlines()
    assert first == f"Set REGISTER_KEY_FILE={path}."
    assert fingerprint == checkpoints.fingerprint()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(CommandError, match="a key is never overwritten"):
        call_command("make_register_key", path)


def test_where_nothing_can_be_written_it_says_so(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CommandError, match=r"key\.pem: Not a directory"):
        call_command("make_register_key", tmp_path / "file" / "key.pem")
