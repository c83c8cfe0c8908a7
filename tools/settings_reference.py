"""Write docs/settings.md from the settings themselves: `python -m tools.settings_reference` (--check: is it current?).

What belongs here: reading each variable, its default and the comment above it from settings.py and limits.py. What does
not: a setting's meaning, which stands in that comment.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from orchestration import limits, sources
from orchestration.settings import PROJECT_ROOT, Settings

PAGE = PROJECT_ROOT / "docs" / "settings.md"
# Not variables of their own: read from other ones.
_OTHERS = ("limits", "legistar_tokens")

_HEAD = """\
# Settings: every environment variable that Clawback reads

Written by `make generate` from `orchestration/settings.py` and `orchestration/limits.py`; `make lint` checks that it
is current. Set them in the environment of the command or of the service. A wrong value ends the command with the name
of the variable. `clawback doctor` says which keys are there, and never shows one.

"""


@dataclass(frozen=True)
class Variable:
    """One variable: its name in the environment, the default as text, and what it means."""

    name: str
    default: str
    means: str


def comments(source: Path, of_class: str) -> dict[str, str]:
    """The comment above each field of a class; "" if it has none."""
    text = source.read_text(encoding="utf-8")
    lines = text.splitlines()
    (body,) = [node for node in ast.parse(text).body if isinstance(node, ast.ClassDef) and node.name == of_class]
    found = {}
    for node in body.body:
        if not isinstance(node, ast.AnnAssign) or not isinstance(node.target, ast.Name):
            continue
        above, at = [], node.lineno - 2
        while lines[at].strip().startswith("#"):
            above.append(lines[at].strip().removeprefix("#").strip())
            at -= 1
        found[node.target.id] = " ".join(reversed(above))
    return found


def _default(field: FieldInfo) -> str:
    value: Any = field.get_default(call_default_factory=True)
    if value is None or value == "" or isinstance(value, SecretStr):
        return ""
    return str(int(value)) if isinstance(value, int) else str(value)


def _variables() -> Iterator[Variable]:
    said = comments(PROJECT_ROOT / "orchestration" / "settings.py", "Settings")
    for name, field in Settings.model_fields.items():
        if name not in _OTHERS and not _is_url(name):
            alias = str(field.validation_alias or f"CLAWBACK_{name.upper()}")
            yield Variable(alias, _default(field), said[name])


def _limits() -> Iterator[Variable]:
    said = comments(PROJECT_ROOT / "orchestration" / "limits.py", "Limits")
    for name, field in limits.Limits.model_fields.items():
        yield Variable(f"{limits.PREFIX}{name.upper()}", _default(field), said[name])


def _urls() -> Iterator[Variable]:
    for name, field in Settings.model_fields.items():
        if _is_url(name):
            yield Variable(f"CLAWBACK_{name.upper()}", _default(field), "")
    assert sources.DATASETS  # sources declare their addresses as they load
    for name, url in sorted(Settings().base_urls().items()):
        if name not in Settings.model_fields:
            yield Variable(f'CLAWBACK_URLS=\'{{"{name}": "..."}}\'', url, "")


def _is_url(name: str) -> bool:
    return name.endswith("_url") and name != "notify_url"


def _table(variables: Iterator[Variable], *, with_meaning: bool = True) -> str:
    names = ["variable", "default", *(["what it does"] if with_meaning else [])]
    head = f"| {' | '.join(names)} |\n|{'---|' * len(names)}\n"
    rows = []
    for one in variables:
        cells = [f"`{one.name}`", f"`{one.default}`" if one.default else "", *([one.means] if with_meaning else [])]
        rows.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n")
    return head + "".join(rows)


def page() -> str:
    """The whole page. Raises ValueError for a setting without a comment above it."""
    own, most = list(_variables()), list(_limits())
    silent = [one.name for one in (*own, *most) if not one.means]
    if silent:
        raise ValueError(f"no comment says what these do: {', '.join(silent)}")
    return (
        _HEAD
        + _table(iter(own))
        + "\nThe tokens of councils that ask for one: `LEGISTAR_TOKEN_NYC` and so on, by the client's name.\n"
        + "\n## Limits of files and answers\n\nFar above every real file."
        " What exceeds one is refused with the variable's name.\n\n"
        + _table(iter(most))
        + "\n## Addresses of publishers\n\nFor a mirror, or a test. No other host is ever asked.\n\n"
        + _table(_urls(), with_meaning=False)
    )


def main() -> int:
    wanted = page()
    if "--check" in sys.argv[1:]:
        if not PAGE.exists() or PAGE.read_text(encoding="utf-8") != wanted:
            print(f"{PAGE.relative_to(PROJECT_ROOT)} is not current: make generate")
            return 1
        return 0
    PAGE.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
