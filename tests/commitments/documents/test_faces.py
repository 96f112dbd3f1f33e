import hashlib
import json

import pytest

from commitments.documents import faces

MANIFEST = json.loads((faces.FOLDER / "manifest.json").read_text("utf-8"))


def test_manifest_names_every_face_and_its_bytes():
    found = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in faces.FOLDER.iterdir()
        if path.suffix in {".ttf", ".otf"}
    }
    assert found == MANIFEST["sha256"]


def test_licence_stands_beside_the_faces():
    licence = (faces.FOLDER / "OFL.txt").read_text("utf-8")
    assert "Reserved Font Name Liberation" in licence
    assert "SIL OPEN FONT LICENSE Version 1.1" in licence


@pytest.mark.parametrize("character", "AzĂăÂâĐđÊêÔôƠơƯưẠạỴỵỸỹ₫≥≤±–—…“”‘’°²×•−\u00a0\u2011")
def test_letters_and_signs_of_documents_are_there(character):
    assert ord(character) in faces.characters()


@pytest.mark.parametrize("character", "😀漢א\u0000\uffff\u0e01")
def test_others_are_not(character):
    assert ord(character) not in faces.characters()
