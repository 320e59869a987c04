"""The transforms from landed lines to flat rows: Arrow batches in, Arrow batches out.

No Dagster, no paths, no clock and no environment here.
"""
