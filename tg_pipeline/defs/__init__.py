"""Dagster definitions, one folder per domain: assets, checks, schedules and sensors."""

import warnings

import dagster as dg

# Backfill policies and mappings to days before the first are marked beta, and every process would
# warn about it; the versions that pyproject allows have what we use of them.
warnings.filterwarnings("ignore", category=dg.BetaWarning)
