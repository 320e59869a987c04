"""Charts made ready for a browser: compiled to Vega, and the one script that draws them all."""

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

import altair as alt
import vl_convert

from tg_pipeline.marts.report.language import Language

INTERPRETER_VERSION: Final = "2.0.0"
"""The vega-interpreter that vl-convert carries beside its Vega. It reads expressions without eval,
so that the page can forbid eval."""

_RUNTIME: Final = """
import {{parse, View}} from "/npm/vega@{vega}/+esm";
import {{expressionInterpreter}} from "/npm/vega-interpreter@{interpreter}/+esm";
globalThis.tgVega = {{parse, View, expressionInterpreter}};
"""


def compiled(spec: Mapping[str, Any], language: Language) -> dict[str, Any]:
    """Give a Vega-Lite chart as Vega, so that the page need not carry Vega-Lite."""
    number = {
        "decimal": language.decimal,
        "thousands": language.thousands,
        "grouping": [3],
        "currency": ["", ""],
    }
    config = {**spec.get("config", {}), "locale": {"number": number}}
    version = ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])
    vega = vl_convert.vegalite_to_vega({**spec, "config": config}, vl_version=version)
    return {name: part for name, part in vega.items() if name != "$schema"}


@cache
def runtime() -> str:
    """Give the script that draws Vega; it takes seconds to bundle, so a process does it once.

    vl-convert carries these modules, and nothing is fetched.
    """
    snippet = _RUNTIME.format(vega=vl_convert.get_vega_version(), interpreter=INTERPRETER_VERSION)
    return f"(()=>{{{vl_convert.javascript_bundle(snippet)}}})();"
