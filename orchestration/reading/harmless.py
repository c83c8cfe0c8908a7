"""Text that cannot control a terminal.

What belongs here: which characters could, and showing them as escapes. What does not: tables and layout (cli.screen),
files (writing).

A publisher's text, a file name or the body of a response may contain escape sequences that move the cursor, hide a
figure, set the window's title or hide a link behind other words. Everything that is printed passes through `harmless`.
"""

from __future__ import annotations

import re
from typing import IO

# C0 and C1 controls but line feed and tab, delete, the marks that turn the direction of text or do not show at all
# (a figure that reads backwards, a name that looks like another), line separators, and lone surrogates.
STEERING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]"
)


def harmless(text: str) -> str:
    r"""The text with control characters as escapes: `\x1b`, `\u202e`."""
    return STEERING.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


class Shown:
    """A stream to a terminal: what is written to it is made harmless."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        return self._stream.write(harmless(text))
