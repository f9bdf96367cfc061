"""Writing a repaired file back: in its own encoding, and only over the text that was repaired."""

from __future__ import annotations

import io
import tokenize

from torch_pitfalls import notebooks


def replace(path: str, original: str, text: str) -> None:
    """Put a text in place of the original one.

    Raises ValueError if the file holds another text by now or its encoding lacks a character, OSError if it cannot be
    read or written.
    """
    with open(path, "rb") as file:
        data = file.read()
    encoding = "utf-8"
    if not path.endswith(notebooks.SUFFIX):
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    if data.decode(encoding) != original:
        raise ValueError("the file has changed meanwhile")
    encoded = text.encode(encoding)
    with open(path, "wb") as file:
        file.write(encoded)
