"""Dagster, thin: what is built, when, and what is said about it."""

import warnings

import dagster as dg

# Backfill policies and mappings to days before the first are marked beta, and every process would
# say so anew; the range that pyproject allows keeps what we use of them.
warnings.filterwarnings("ignore", category=dg.BetaWarning)
