"""The report as an asset: one page per language."""
