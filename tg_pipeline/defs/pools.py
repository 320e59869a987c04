"""Old names, for modules that still import them."""

from tg_pipeline.layers.schema import Table


def pool_of(_table: Table) -> str | None:
    """Return no pool: concurrent builds are safe."""
    return None
