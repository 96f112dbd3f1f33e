"""What tests of the ground floor share."""

import pytest


@pytest.fixture
def register_places(settings, tmp_path):
    """A key of the test's own, the folder beside the deployment, and one place outside."""
    settings.REGISTER_KEY_FILE = tmp_path / "register_key.pem"
    settings.REGISTER_COPIES = tmp_path / "beside"
    settings.REGISTER_PUBLISH = [str(tmp_path / "outside")]
    settings.REGISTER_ORIGIN = "commitments.example.org"
    return tmp_path
