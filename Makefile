# `make` alone lists the targets. All state is in .venv and .tg_pipeline, both ignored by git.

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3
INSTALLED := $(VENV)/.installed
DEVELOPER := $(VENV)/.developer
STATE := .tg_pipeline
SAMPLE_BOT_ID := 7000000001
CHECKOV := .venv-checkov
AUDIT := .venv-audit
OTHERS := .venv-others
FUZZ := .venv-fuzz
MUTANTS := .venv-mutants
SPARK := .venv-spark
TEMPLATE := $(STATE)/template
IMAGE ?= tg-pipeline:daily
PLATFORM ?= linux/amd64
PORT ?= 3000
SECONDS ?= 60
QUIET ?= --quiet
TARGET ?= enrich lambda_events landing queue_messages reader saved_updates update_ids webhook
MUTATED ?= *

# Without compiled modules, each process of a test would compile the project again.
unexport PYTHONDONTWRITEBYTECODE

# Tests keep their files in memory if Linux has 4 GB for that: on a disk, they wait for its syncs a third of the time.
IN_MEMORY = if [ -w /dev/shm ] && [ "$$(df -Pk /dev/shm | awk 'END { print $$4 }')" -ge 4000000 ]; then \
	export TMPDIR=/dev/shm; fi

# Programs that tiers of tests need, each installed by a target of its own.
PROGRAMS := strace systemd chromium radosgw postgres apache java

.DEFAULT_GOAL := help
.PHONY: help install run dev mcp test slow browser ceph team spark spark-package chaos chaos-long lint types contracts \
	template package image check environments lock audit bandit programs $(PROGRAMS) fuzz mutants bench docs clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(INSTALLED) ## make .venv with what runs, and nothing else (QUIET= shows each package)

# With uv if it is on the PATH (seconds), else with venv and pip. The exact versions are the same.
define pip_install
	@echo "Installing into $(VENV): 1 GB, some minutes (make install QUIET= shows each package)"
	@if command -v uv >/dev/null 2>&1; then \
		uv venv $(QUIET) --allow-existing --python $(PYTHON) $(VENV) && \
		uv pip install $(QUIET) --python $(BIN)/python -c constraints.txt -e '$(1)'; \
	else \
		$(PYTHON) -m venv $(VENV) && \
		$(BIN)/pip install $(QUIET) --disable-pip-version-check -c constraints.txt -e '$(1)'; \
	fi
endef

$(INSTALLED): pyproject.toml constraints.txt
	$(call pip_install,.[meanings])
	@touch $@

# All that `install` installs, and the developer's tools: one resolution, and one pip. Both write .venv: do not
# ask for `install` and a developer's target in one parallel make.
$(DEVELOPER): pyproject.toml constraints.txt
	$(call pip_install,.[dev])
	@touch $(INSTALLED) $@

run: $(INSTALLED) ## land a sample (or, with a token set, listen to the bot), build it, start the UI
	@$(BIN)/tg-pipeline sample --demo
	@$(BIN)/tg-pipeline run
	@$(BIN)/tg-pipeline summary
	@$(BIN)/tg-pipeline up --port $(PORT)

dev: $(INSTALLED) ## start Dagster's UI on PORT (3000), behind the guard, without the poller
	@$(BIN)/tg-pipeline up --no-poll --port $(PORT)

mcp: $(INSTALLED) ## install what `tg-pipeline mcp` needs besides, for a language model
	$(call pip_install,.[mcp])

# Three at a time on two cores: a third of the time, tests wait for processes, servers and limits.
test: $(DEVELOPER) ## run the tests, in minutes; needs no root, browser or server
	@$(IN_MEMORY); $(BIN)/pytest -n 3 --dist worksteal -q -rs -m "not slow and not browser and not ceph and not team and not spark"

# A bot library that is not Python's, for one test.
NODE := .node-bots
GRAMMY := grammy@1.46.0
$(NODE)/.installed: Makefile
	@mkdir -p $(NODE)
	@if command -v npm >/dev/null 2>&1; then \
		npm install --loglevel=error --no-save --no-package-lock --no-audit --no-fund --prefix $(NODE) $(GRAMMY) >/dev/null && touch $@; \
	else \
		echo "No npm here: no bot of a language other than Python is tested."; \
	fi

slow: $(DEVELOPER) $(NODE)/.installed strace systemd ## run the slow tests: killed processes, large inputs, many cases
	@$(IN_MEMORY); $(BIN)/pytest -n 3 --dist worksteal -q -rs -m slow $(SELECTED)

browser: $(DEVELOPER) chromium ## run the tests in a Chromium (TG_SCREENSHOTS=folder keeps pictures)
	@$(BIN)/pytest -n 2 --dist loadfile -q -rs -m browser

ceph: $(DEVELOPER) radosgw ## run the object store tests against Ceph's S3 (radosgw), started for them
	@$(BIN)/pytest -n 2 --dist loadfile -q -rs tg_pipeline_tests/integration/object_stores --tier ceph

team: $(DEVELOPER) chromium postgres apache ## run deploy/ by hand: Postgres, code server, UI and daemon, each killed once
	@$(BIN)/pytest -q -rs -m team

# A separate folder: if pandas is installed, pyarrow imports it in every process.
$(SPARK)/.installed: constraints-spark.txt $(DEVELOPER)
	@if command -v uv >/dev/null 2>&1; then \
		uv pip install --quiet --python $(BIN)/python --no-deps --target $(SPARK) -r constraints-spark.txt; \
	else \
		$(BIN)/pip install --quiet --disable-pip-version-check --upgrade --no-deps --target $(SPARK) -r constraints-spark.txt; \
	fi
	@touch $@

spark: $(DEVELOPER) $(SPARK)/.installed java ## build days on Spark, and compare every byte; jobs of a simulated EMR Serverless
	@PYTHONPATH=$(SPARK) $(BIN)/pytest -q -rs -m spark tg_pipeline_tests/spark

# For the Linux of EMR, whose Spark has pyspark. MACHINE: that of the application's architecture setting.
MACHINE ?= x86_64
SPARK_PYTHON := 3.11
SPARK_PLATFORMS = manylinux2014_$(MACHINE) $(foreach minor,17 24 28 34,manylinux_2_$(minor)_$(MACHINE))
SPARK_PACKAGES := boto3 certifi dagster-pipes msgspec numpy obstore pandas pyarrow pycurl python-dotenv sqlglot tzdata
SPARK_BUILD := $(STATE)/spark

spark-package: $(DEVELOPER) ## write what a job of EMR Serverless needs to .tg_pipeline/spark (MACHINE=aarch64)
	@rm -rf $(SPARK_BUILD)
	@mkdir -p $(SPARK_BUILD)/environment $(SPARK_BUILD)/source
	@cp -r tg_pipeline lambda_ingest pyproject.toml README.md LICENSE $(SPARK_BUILD)/source
	@$(PYTHON) -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir $(SPARK_BUILD) $(SPARK_BUILD)/source
	@grep -v '^pandas==' constraints.txt | cat - constraints-spark.txt | sort -u > $(SPARK_BUILD)/constraints.txt
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --no-compile --target $(SPARK_BUILD)/environment \
		-c $(SPARK_BUILD)/constraints.txt --only-binary=:all: --implementation cp --python-version $(SPARK_PYTHON) \
		$(SPARK_PLATFORMS:%=--platform %) $(SPARK_PACKAGES)
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --no-compile --no-deps \
		--target $(SPARK_BUILD)/environment $(SPARK_BUILD)/*.whl
	@tar -czf $(SPARK_BUILD)/environment.tar.gz -C $(SPARK_BUILD)/environment .
	@cp tg_pipeline/spark/__main__.py $(SPARK_BUILD)/build_day.py
	@rm -r $(SPARK_BUILD)/environment $(SPARK_BUILD)/source
	@du -h $(SPARK_BUILD)/*

chaos: $(DEVELOPER) ## kill, stop and starve the pipeline's processes for 2 minutes, and judge the result
	@$(BIN)/python -m tg_pipeline_tests.chaos --seed 1 --minutes 2

chaos-long: $(DEVELOPER) ## the same for half an hour (SEED=n for another plan)
	@$(BIN)/python -m tg_pipeline_tests.chaos --seed $(or $(SEED),2) --minutes 30

programs: $(PROGRAMS)

strace:
	@$(call debian,strace,strace,no writer is killed at each of its file-system calls)

systemd:
	@$(call debian,systemd-analyze,systemd,the units of services are not verified)

chromium:
	@$(call debian,chromedriver,chromium chromium-driver,the tests in a real browser are skipped)

radosgw:
	@$(call debian,radosgw,radosgw ceph-mon ceph-osd,the tests against Ceph are skipped)

postgres:
	@if ! ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; then \
		$(call debian,initdb,postgresql,a team's deployment is not started); \
	fi

apache:
	@if [ ! -e /usr/lib/apache2/modules/mod_auth_openidc.so ]; then \
		$(call debian,mod_auth_openidc,apache2 libapache2-mod-auth-openidc,the proxy for signing in is not started); \
	fi

java:
	@$(call debian,java,openjdk-17-jre-headless,days are not built on Spark)

# Install the Debian packages of a program that is missing, if apt-get and root are available.
# One at a time: apt-get does not wait for another one. -o: services that a package starts hold no lock.
define debian
if ! command -v $(1) >/dev/null 2>&1; then \
	if command -v apt-get >/dev/null 2>&1 && [ "$$(id -u)" = 0 ]; then \
		mkdir -p $(STATE) && flock -o $(STATE)/.apt sh -c "apt-get update -qq && \
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(2) >/dev/null"; \
	else \
		echo "No $(1) here, and no apt-get for us: $(3)."; \
	fi; \
fi
endef

lint: $(DEVELOPER) ## look for what ruff finds
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(DEVELOPER) ## check the types, strictly
	@$(BIN)/mypy
	@MYPYPATH=benchmarks $(BIN)/mypy --strict --explicit-package-bases benchmarks

contracts: $(DEVELOPER) ## check that imports point one way
	@$(BIN)/lint-imports

# A separate environment: checkov pins versions that conflict with those of the project.
$(CHECKOV)/.installed: constraints-checkov.txt
	@$(PYTHON) -m venv $(CHECKOV)
	@$(CHECKOV)/bin/pip install --quiet --disable-pip-version-check -c constraints-checkov.txt checkov
	@touch $@

template: $(DEVELOPER) $(CHECKOV)/.installed ## lint the AWS template, both the source and the transformed one
	@$(BIN)/python -m tg_pipeline_tests.cloudformation.template $(TEMPLATE)
	@$(BIN)/cfn-lint -r us-east-1 sa-east-1 -t lambda_ingest/template.yaml $(TEMPLATE)/transformed.json
	@$(CHECKOV)/bin/checkov --config-file .checkov.yaml -f lambda_ingest/template.yaml
	@$(CHECKOV)/bin/checkov --config-file .checkov.yaml -d $(TEMPLATE)

bandit: $(DEVELOPER) ## look for known kinds of insecure code
	@$(BIN)/bandit --quiet --configfile pyproject.toml --recursive tg_pipeline lambda_ingest deploy

# A separate environment: neither tool is needed to run or to test.
$(AUDIT)/.installed: constraints-audit.txt
	@$(PYTHON) -m venv $(AUDIT)
	@$(AUDIT)/bin/pip install --quiet --disable-pip-version-check -c constraints-audit.txt pip-audit uv
	@touch $@

# Linux on both architectures of the images, and Lambda's: the hashes are those of all wheels of a version.
LOCK = $(AUDIT)/bin/uv pip compile --quiet --upgrade --generate-hashes --only-binary :all: --no-emit-index-url \
	--no-annotate --constraint constraints.txt --custom-compile-command "make lock"
IMAGE_LOCK = echo setuptools | $(LOCK) --python-version 3.11 --python-platform linux pyproject.toml -

lock: $(AUDIT)/.installed ## write the requirements with hashes of the image and the Lambda
	@$(IMAGE_LOCK) --extra team --output-file deploy/requirements.txt
	@$(IMAGE_LOCK) --extra kubernetes --output-file deploy/kubernetes/requirements.txt
	@$(LOCK) --python-version 3.13 --python-platform aarch64-manylinux_2_34 lambda_ingest/requirements.in \
		--output-file lambda_ingest/requirements.txt

# Not part of `check`: it asks a service, whose answer changes, and fails if that can't be reached.
audit: $(AUDIT)/.installed ## ask for known vulnerabilities of what the image and the Lambda install
	@failed=0; for file in lambda_ingest/requirements.txt deploy/kubernetes/requirements.txt; do \
		said=$$($(AUDIT)/bin/pip-audit --strict --require-hashes --disable-pip --requirement $$file 2>&1) || failed=1; \
		echo "$$file: $$said" | tail -n 40; \
		case "$$said" in *"could not be audited"* | *ConnectionError* | *"Max retries"* | *imeout*) \
			echo "make audit: the advisory service can't be reached, or does not know a package, so nothing" \
				"is known about $$file." >&2 ;; \
		esac; \
	done; exit $$failed

package: $(DEVELOPER) ## build the Lambda's package and print its size
	@rm -rf $(STATE)/package
	@$(MAKE) --no-print-directory --silent -C lambda_ingest build-IngestFunction ARTIFACTS_DIR=$(abspath $(STATE)/package)
	@du -sh $(STATE)/package

image: ## build the image of the daily task as IMAGE (tg-pipeline:daily) for PLATFORM (linux/amd64), with docker or podman
	@engine=$$(command -v docker || command -v podman) || { \
		echo "make image: neither docker nor podman is installed here, so no image is built." >&2; exit 1; }; \
	set -x; "$$engine" build --file deploy/Dockerfile --target daily --platform $(PLATFORM) --tag $(IMAGE) .

# Separate folders, since neither tool is needed to run or to test; their packages are the project's own
# where both need them.
define install_beside
	@if command -v uv >/dev/null 2>&1; then \
		uv pip install --quiet --python $(BIN)/python --target $(1) -c constraints-fuzz.txt $(2); \
	else \
		$(BIN)/pip install --quiet --disable-pip-version-check --upgrade --target $(1) -c constraints-fuzz.txt $(2); \
	fi
	@touch $(1)/.installed
endef

$(FUZZ)/.installed: constraints-fuzz.txt $(DEVELOPER)
	$(call install_beside,$(FUZZ),atheris)

$(MUTANTS)/.installed: constraints-fuzz.txt $(DEVELOPER)
	$(call install_beside,$(MUTANTS),mutmut)

fuzz: $(DEVELOPER) $(FUZZ)/.installed ## look for inputs that break a guarantee, for SECONDS (60) per TARGET (all)
	@set -e; for target in $(TARGET); do \
		PYTHONPATH=$(FUZZ) $(BIN)/python -m tg_pipeline_tests.fuzz.run $$target $(SECONDS); \
	done
	@$(BIN)/python -m tg_pipeline_tests.fuzz.keep $(TARGET)

mutants: $(DEVELOPER) $(MUTANTS)/.installed ## look for changes of the code that no test notices (MUTATED='lambda_ingest.landing.*'; an hour)
	@$(BIN)/python -m tg_pipeline_tests.fuzz.mutants run --max-children 2 '$(MUTATED)'
	@$(BIN)/python -m tg_pipeline_tests.fuzz.mutants results

# What runs on Ceph, and so needs no simulated S3 besides: all but the tests of Athena and of leftovers.
NOT_ON_CEPH := -k 'not moto or test_leftovers or workgroup or of_athena'

environments: $(DEVELOPER) $(CHECKOV)/.installed $(NODE)/.installed programs

# What is installed comes first, three at a time, since each waits for the network. The static checks keep one
# core busy each: two at a time. The slow tests leave a third of the machine to those in a browser and against
# Ceph, and a team's deployment one of its cores to those on Spark and to chaos: their progress is mixed.
check: ## everything that main always passes: static checks and every tier of tests
	@$(MAKE) --no-print-directory -j 3 environments
	@$(MAKE) --no-print-directory -j 2 --output-sync=target lint types template bandit contracts $(SPARK)/.installed
	@$(MAKE) --no-print-directory test
	@echo "Next: the slow tests, those in a browser and those against Ceph, together (twenty minutes)"
	@$(MAKE) --no-print-directory -j 2 slow browser ceph \
		SELECTED="$$(command -v radosgw >/dev/null && echo "$(NOT_ON_CEPH)")"
	@echo "Next: a team's deployment, Spark and chaos, together (ten minutes)"
	@$(MAKE) --no-print-directory -j 2 team spark chaos

docs: $(DEVELOPER) ## write docs/tables.md, docs/marts.md and the lineage of the marts from their declarations
	@$(BIN)/python -m tg_pipeline.docs_pages docs

# A separate folder: if pandas is installed, pyarrow imports it, at 0.3 seconds and 50 MB per process.
# Polars has its compiled part in a package of its own.
COMPARED := pandas polars polars-runtime-32
$(OTHERS)/.installed: constraints.txt $(DEVELOPER)
	@if command -v uv >/dev/null 2>&1; then \
		uv pip install --quiet --python $(BIN)/python --no-deps --target $(OTHERS) -c constraints.txt $(COMPARED); \
	else \
		$(BIN)/pip install --quiet --disable-pip-version-check --upgrade --no-deps --target $(OTHERS) -c constraints.txt $(COMPARED); \
	fi
	@touch $@

bench: $(DEVELOPER) $(OTHERS)/.installed ## print one table of what all costs, and alternatives (OPTIONS='--quick'; --help lists more)
	@$(BIN)/python benchmarks --others $(OTHERS) $(OPTIONS)

# Updates of a real bot can't be fetched from Telegram a second time: they are never deleted here.
clean: ## delete the sample, what was built from it, and Dagster's history
	@other=$$(find $(STATE)/landing -type f ! -name '$(SAMPLE_BOT_ID)[-.]*' ! -path '*/arrivals/*' ! -path '*/.staged/*' 2>/dev/null | head -n 1); \
	if [ -n "$$other" ]; then \
		echo "make clean: $$other is not part of the sample, so nothing is deleted. Updates of a" \
			"real bot can't be fetched again: move $(STATE)/landing to a safe place first." >&2; \
		exit 1; \
	fi
	rm -rf $(STATE)
