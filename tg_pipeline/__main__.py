"""`python -m tg_pipeline`: the same as `tg-pipeline`."""

from tg_pipeline.cli.main import app

app()
