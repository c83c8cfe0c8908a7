"""The libraries and shapes that the site carries with it: orchestration/site/vendor.

What belongs here: making the chart library's one script from vl-convert, and recording what is there. What does not:
the shapes of states, which are copied by hand from the npm package us-atlas and named in the same record.

    make vendor        installs vl-convert and writes vega.js
"""

from __future__ import annotations

import hashlib
import tomllib

import vl_convert

from orchestration.settings import PROJECT_ROOT

VENDOR_FOLDER = PROJECT_ROOT / "orchestration" / "site" / "vendor"
RECORD = VENDOR_FOLDER / "vendor.toml"


def script() -> str:
    """Vega, Vega-Lite and Vega-Embed as one script, whose names stay inside it but for what it puts on `window`."""
    bundle = vl_convert.javascript_bundle(snippet=None)  # type: ignore[arg-type, unused-ignore]
    return f"(function () {{\n{bundle}\n}})();\n"


def main() -> None:
    data = script().encode()
    (VENDOR_FOLDER / "vega.js").write_bytes(data)
    old = tomllib.loads(RECORD.read_text(encoding="utf-8"))["files"]["vega.js"]["sha256"]
    new = hashlib.sha256(data).hexdigest()
    text = RECORD.read_text(encoding="utf-8").replace(old, new)
    RECORD.write_text(text, encoding="utf-8")
    print(f"vega.js {'is the same' if old == new else 'changed: name its versions in vendor.toml'}")


if __name__ == "__main__":
    main()
