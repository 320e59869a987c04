"""The script of the report that draws Vega charts, bundled from the modules in vl-convert.

`make vega` writes it, after a change of vl-convert or of what the page uses.
"""

from pathlib import Path
from typing import Final

import vl_convert

import tg_pipeline.report
from tg_pipeline.report.page import VEGA

FILE: Final = Path(tg_pipeline.report.__file__).with_name(VEGA)

INTERPRETER_VERSION: Final = "2.0.0"
"""The vega-interpreter in vl-convert. It evaluates expressions without `eval`, so that the page can
forbid it."""

SCRIPT: Final = """
import {{parse, View}} from "/npm/vega@{vega}/+esm";
import {{expressionInterpreter}} from "/npm/vega-interpreter@{interpreter}/+esm";
globalThis.tgVega = {{parse, View, expressionInterpreter}};
"""


def bundle_vega() -> str:
    """Return the script; vl-convert contains the modules, so nothing is downloaded."""
    snippet = SCRIPT.format(vega=vl_convert.get_vega_version(), interpreter=INTERPRETER_VERSION)
    return f"(()=>{{{vl_convert.javascript_bundle(snippet)}}})();"


if __name__ == "__main__":
    FILE.write_text(bundle_vega(), encoding="utf-8")
