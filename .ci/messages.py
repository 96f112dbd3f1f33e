"""Compile the catalogues of texts, without gettext: `python .ci/messages.py` writes every .mo file.

`--check` writes nothing: it fails when a .mo is not what its .po says, or a text is untranslated.
"""

import ast
import struct
import sys
from dataclasses import dataclass, field
from pathlib import Path

MAGIC, VERSION = 0x950412DE, 0
HEADER_BYTES, ENTRY_BYTES = 28, 8
SOURCE_LANGUAGE = "en"  # its texts stand in the code; a missing one shows itself


@dataclass
class Message:
    """One text. `context`, `plural`: None where it has none. `translations`: by number form."""

    line: int
    context: str | None = None
    source: str = ""
    plural: str | None = None
    translations: dict[int, str] = field(default_factory=dict)
    fuzzy: bool = False

    @property
    def key(self) -> bytes:
        key = self.source if self.context is None else f"{self.context}\4{self.source}"
        return (key if self.plural is None else f"{key}\0{self.plural}").encode()

    @property
    def value(self) -> bytes:
        return "\0".join(text for _n, text in sorted(self.translations.items())).encode()

    @property
    def translated(self) -> bool:
        return bool(self.translations) and all(self.translations.values()) and not self.fuzzy


def read(text: str) -> list[Message]:
    """Return the messages of a .po file in its order, obsolete ones left out."""
    messages: list[Message] = []
    message, field_name, fuzzy = None, "", False
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip()
        if line.startswith("#"):
            fuzzy = fuzzy or (line.startswith("#,") and "fuzzy" in line)
            continue
        if not line:
            continue
        keyword, _space, rest = line.partition(" ")
        if line.startswith('"'):
            keyword, rest = field_name, line
        begins = keyword == "msgctxt" or (keyword == "msgid" and field_name != "msgctxt")
        if begins and keyword != field_name:
            message = Message(number, fuzzy=fuzzy)
            messages.append(message)
            fuzzy = False
        if message is None:
            raise ValueError(f"line {number}: {line!r} stands before the first message")
        _add(message, keyword, ast.literal_eval(rest))
        field_name = keyword
    return messages


def _add(message: Message, keyword: str, text: str) -> None:
    if keyword == "msgctxt":
        message.context = (message.context or "") + text
    elif keyword == "msgid":
        message.source += text
    elif keyword == "msgid_plural":
        message.plural = (message.plural or "") + text
    elif keyword.startswith("msgstr"):
        form = int(keyword[7:-1]) if keyword.endswith("]") else 0
        message.translations[form] = message.translations.get(form, "") + text
    else:
        raise ValueError(f"line {message.line}: {keyword!r} is no keyword")


def compiled(messages: list[Message]) -> bytes:
    """Return the .mo file of the translated messages: sorted, so that equal texts are equal bytes."""
    pairs = sorted((one.key, one.value) for one in messages if one.translated)
    keys_at = HEADER_BYTES + 2 * ENTRY_BYTES * len(pairs)
    values_at = keys_at + sum(len(key) + 1 for key, _value in pairs)
    tables, offset = [b"", b""], [keys_at, values_at]
    for pair in pairs:
        for which, text in enumerate(pair):
            tables[which] += struct.pack("<II", len(text), offset[which])
            offset[which] += len(text) + 1
    header = (MAGIC, VERSION, len(pairs), HEADER_BYTES, HEADER_BYTES + len(tables[0]), 0, keys_at)
    texts = [b"".join(pair[which] + b"\0" for pair in pairs) for which in (0, 1)]
    return struct.pack("<7I", *header) + b"".join(tables) + b"".join(texts)


def main(arguments: list[str]) -> int:
    """Compile or check every catalogue of the project; return the exit code."""
    root = Path(__file__).resolve().parent.parent
    wrong = []
    for path in sorted((root / "config" / "locale").glob("*/LC_MESSAGES/*.po")):
        messages = read(path.read_text(encoding="utf-8"))
        result, target = compiled(messages), path.with_suffix(".mo")
        name = path.relative_to(root)
        if "--check" not in arguments:
            target.write_bytes(result)
        elif not target.exists() or target.read_bytes() != result:
            wrong.append(f"{target.relative_to(root)} is not what {name} says: compile it.")
        if path.parent.parent.name != SOURCE_LANGUAGE:
            wrong += [
                f"{name}:{one.line} is not translated: {one.source[:60]!r}"
                for one in messages
                if not one.translated
            ]
    sys.stderr.writelines(f"{line}\n" for line in wrong)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
