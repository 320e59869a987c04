"""A mart is rebuilt if the code that makes it has changed."""

from dataclasses import replace
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from tg_pipeline.marts.cumulative import QUESTIONS


def test_the_recipe_covers_every_module_of_the_step_and_its_subpackages(tmp_path: Path) -> None:
    package = tmp_path / "step" / "__init__.py"
    patterns = tmp_path / "step" / "patterns" / "english.py"
    patterns.parent.mkdir(parents=True)
    package.write_text("def step(table): return table\n")
    patterns.write_text("QUESTION = 'how'\n")
    spec = spec_from_file_location("step_of_a_mart", package)
    assert spec
    assert spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    mart = replace(QUESTIONS, step=module.step)
    before = mart.recipe

    patterns.write_text("QUESTION = 'when'\n")

    assert mart.recipe != before
