"""The script of the report that draws Vega charts, bundled from the modules in vl-convert."""

from functools import cache
from importlib.metadata import version
from typing import Final

INTERPRETER_VERSION: Final = "2.0.0"
"""The vega-interpreter in vl-convert. It evaluates expressions without `eval`, so that the page can
forbid it."""

_SCRIPT: Final = """
import {{parse, View}} from "/npm/vega@{vega}/+esm";
import {{expressionInterpreter}} from "/npm/vega-interpreter@{interpreter}/+esm";
globalThis.tgVega = {{parse, View, expressionInterpreter}};
"""


def bundle_name() -> str:
    """Return a name of the script that changes whenever its contents may."""
    return f"vega-{version('vl-convert-python')}-{INTERPRETER_VERSION}.js"


@cache
def bundle_vega() -> str:
    """Return the script; vl-convert contains the modules, so nothing is downloaded.

    It takes two seconds, most of them to start its JavaScript engine.
    """
    import vl_convert  # noqa: PLC0415

    snippet = _SCRIPT.format(vega=vl_convert.get_vega_version(), interpreter=INTERPRETER_VERSION)
    return f"(()=>{{{vl_convert.javascript_bundle(snippet)}}})();"
