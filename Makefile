# `make` alone lists the targets. All state lives in .venv and .tg_pipeline, both ignored by git.

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3
INSTALLED := $(VENV)/.installed
STATE := .tg_pipeline
CHECKOV := .venv-checkov
PANDAS := .venv-pandas
TEMPLATE := $(STATE)/template
PORT ?= 3000

.DEFAULT_GOAL := help
.PHONY: help install run dev test lint types contracts template package check browser chromium ceph team bench bench-s3 bench-10m docs clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(INSTALLED) ## make .venv with everything that runs and tests need

# With uv where there is one (seconds), else with venv and pip. The exact versions are the same.
$(INSTALLED): pyproject.toml constraints.txt
	@if command -v uv >/dev/null 2>&1; then \
		uv venv --quiet --allow-existing --python $(PYTHON) $(VENV) && \
		uv pip install --quiet --python $(BIN)/python -c constraints.txt -e '.[dev]'; \
	else \
		$(PYTHON) -m venv $(VENV) && \
		$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'; \
	fi
	@touch $@

run: $(INSTALLED) ## land a sample (or, with a token set, listen to the bot), build it, start the UI
	@$(BIN)/tg-pipeline sample --demo
	@$(BIN)/tg-pipeline run
	@$(BIN)/tg-pipeline summary
	@$(BIN)/tg-pipeline up --port $(PORT)

dev: $(INSTALLED) ## start Dagster's UI on PORT (3000)
	@echo "Dagster's UI: http://127.0.0.1:$(PORT) (stop it with Ctrl-C)"
	@PYTHONWARNINGS=ignore $(BIN)/dagster dev --host 127.0.0.1 --port $(PORT) --log-level warning

test: $(INSTALLED) ## run every test (those in a real browser where there is a Chromium)
	@$(BIN)/pytest -n 2 -q -rs --ignore tg_pipeline_tests/deploy

browser: $(INSTALLED) chromium ## look at Dagster's UI in a Chromium (TG_SCREENSHOTS=folder keeps pictures)
	@$(BIN)/pytest -q -rs tg_pipeline_tests/browser

ceph: $(INSTALLED) ## hold the pipeline's promises against Ceph's S3 (radosgw), started for it
	@$(call debian,radosgw,radosgw ceph-mon ceph-osd,the tests against Ceph are skipped)
	@$(BIN)/pytest -q -rs tg_pipeline_tests/store_tiers --tier ceph

team: $(INSTALLED) chromium ## run deploy/ by hand: Postgres, code server, UI and daemon, each killed once
	@if ! ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; then \
		$(call debian,initdb,postgresql,a team's deployment is not started); \
	fi
	@$(BIN)/pytest -q -rs tg_pipeline_tests/deploy

chromium:
	@$(call debian,chromedriver,chromium chromium-driver,the tests in a real browser are skipped)

# Debian's packages for a program, where it is missing and there is an apt-get that we may use.
define debian
if ! command -v $(1) >/dev/null 2>&1; then \
	if command -v apt-get >/dev/null 2>&1 && [ "$$(id -u)" = 0 ]; then \
		apt-get update -qq && \
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(2) >/dev/null; \
	else \
		echo "No $(1) here, and no apt-get for us: $(3)."; \
	fi; \
fi
endef

lint: $(INSTALLED) ## look for what ruff finds
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(INSTALLED) ## check the types, strictly
	@$(BIN)/mypy
	@MYPYPATH=benchmarks $(BIN)/mypy --strict --explicit-package-bases benchmarks

contracts: $(INSTALLED) ## check that imports point one way
	@$(BIN)/lint-imports

# Of its own: checkov's pins and ours exclude each other.
$(CHECKOV)/.installed: constraints-checkov.txt
	@$(PYTHON) -m venv $(CHECKOV)
	@$(CHECKOV)/bin/pip install --quiet --disable-pip-version-check -c constraints-checkov.txt checkov
	@touch $@

template: $(INSTALLED) $(CHECKOV)/.installed ## lint the AWS template, as written and as transformed
	@$(BIN)/python -m tg_pipeline_tests.cloudformation.template $(TEMPLATE)
	@$(BIN)/cfn-lint -r us-east-1 sa-east-1 -t lambda_ingest/template.yaml $(TEMPLATE)/transformed.json
	@$(CHECKOV)/bin/checkov --config-file .checkov.yaml -f lambda_ingest/template.yaml
	@$(CHECKOV)/bin/checkov --config-file .checkov.yaml -d $(TEMPLATE)

package: $(INSTALLED) ## build the Lambda's package, and say how large it is
	@rm -rf $(STATE)/package
	@$(MAKE) --no-print-directory --silent -C lambda_ingest build-IngestFunction ARTIFACTS_DIR=$(abspath $(STATE)/package)
	@du -sh $(STATE)/package

check: lint types contracts template chromium test ceph team ## all that main always passes: lint, types, contracts, template, every test

docs: $(INSTALLED) ## write docs/tables.md and docs/marts.md anew from the columns' one declaration
	@$(BIN)/python -m tg_pipeline.docs_pages docs

# Aside: wherever pandas is, pyarrow imports it, which costs each process 0.3 seconds and 50 MB.
$(PANDAS)/.installed: constraints.txt $(INSTALLED)
	@if command -v uv >/dev/null 2>&1; then \
		uv pip install --quiet --python $(BIN)/python --no-deps --target $(PANDAS) -c constraints.txt pandas; \
	else \
		$(BIN)/pip install --quiet --disable-pip-version-check --upgrade --no-deps --target $(PANDAS) -c constraints.txt pandas; \
	fi
	@touch $@

bench: $(INSTALLED) $(PANDAS)/.installed ## print what layers, marts and door cost, beside what one would else write
	@$(BIN)/python benchmarks/layers.py
	@PYTHONPATH=$(PANDAS) $(BIN)/python benchmarks/marts.py
	@$(BIN)/python benchmarks/door.py

bench-s3: $(INSTALLED) ## print what an object costs from a bucket on, and backfill a year (half an hour)
	@$(BIN)/python benchmarks/s3.py
	@$(BIN)/python benchmarks/s3.py --year

bench-10m: $(INSTALLED) ## the same for a day of ten million updates (half an hour, 2 GB of disk)
	@$(BIN)/python benchmarks/big_day.py --updates 10000000

clean: ## throw away the sample, the lake and Dagster's history
	rm -rf $(STATE)
