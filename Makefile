# Two commands do all the set-up on a fresh machine: make refresh, make test.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DEV_READY := $(VENV)/.ready-dev
NOTEBOOK_READY := $(VENV)/.ready-notebook
SPARK_READY := $(VENV)/.ready-spark
BENCH_READY := $(VENV)/.ready-bench
S3_READY := $(VENV)/.ready-s3
# Images for containers often forbid Python to keep what it compiled. Each command would then compile every package that
# it imports again, for ten seconds.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help setup generate refresh test torture mutants lint ui site sql explore notebook bench spark dev-setup spark-setup s3-setup lock vendor sbom audit clean disk fuzz

help: ## what there is
	@grep -E '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(READY) ## the virtual environment with what Clawback itself needs, from requirements.lock with hashes

dev-setup: $(DEV_READY) ## what the tests, the tools and the notebooks need beside it

# The one lock pins every package of every extra; what is installed of it is what pyproject.toml asks for. uv looks where
# pip is set to look.
UV_INSTALL = UV_INDEX_URL="$$($(BIN)/python -m pip config get global.index-url 2>/dev/null)" \
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -c requirements.lock -r pyproject.toml
PIP_INSTALL = { echo "uv cannot install here: pip installs the whole lock, which takes longer"; \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock; }

# Python compiles a package when it is first imported, and dbt parses the project once: both cores do it now, not the
# first command later. A project that does not parse is told by the command that needs it.
WARM = $(BIN)/python -c "import dagster_dbt, dagster.components, pandas, polars, warcio.warcwriter" & \
	$(BIN)/python -m orchestration.release.dbt_manifest && wait $$!

$(READY): requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null 2>&1 || { echo "clawback needs $(PYTHON) (3.11 or later): make PYTHON=python3 $(MAKECMDGOALS)"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "setting up $(VENV) (once; half a minute)"
	@sed -n '/^uv==/,/[^\\]$$/p' requirements.lock > $(VENV)/uv.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(VENV)/uv.lock
	@$(UV_INSTALL) --extra server --extra build || $(PIP_INSTALL)
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --no-index -e . 2>/dev/null || \
		PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index -e .
	@( $(WARM) ) 2>/dev/null || true
	@touch $@

# moto's bucket on loopback is there for the tests of object storage.
$(DEV_READY): $(READY)
	@echo "adding what tests, tools and notebooks need to $(VENV) (once; half a minute)"
	@$(UV_INSTALL) --extra dev --extra notebook --extra s3 --extra bucket || $(PIP_INSTALL)
	@touch $@

$(NOTEBOOK_READY): $(READY)
	@echo "adding what the notebooks need to $(VENV) (once; some seconds)"
	@$(UV_INSTALL) --extra notebook || $(PIP_INSTALL)
	@touch $@

refresh: $(READY) ## set up, then the recorded edition to a published release
	@$(BIN)/clawback refresh

test: $(DEV_READY) lint ## set up, then everything CI runs
	@$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder

torture: $(DEV_READY) ## 250 seeded kill -9 of refresh, import, publication and rollback, and what is left (an hour or more)
	@$(BIN)/python -m tests.torture

fuzz: $(DEV_READY) ## hostile files at length: 40 times the examples a parser, every bomb measured (half an hour)
	@CLAWBACK_TEST_FUZZ=$(or $(EXAMPLES),1000) $(BIN)/python -m pytest tests/hostile -n auto --no-header -q

mutants: $(DEV_READY) ## some 140 mutants of our own Python, each of which its tests must kill (half an hour)
	@$(BIN)/python -m tests.mutants

lint: $(DEV_READY) ## style, types, SQL, secrets, that the list of mutants still fits the code and that what is generated is current
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/python -m tools.lint_sql
	@$(BIN)/python -m tests.mutants --check
	@$(BIN)/python tools/name_patterns.py --check
	@$(BIN)/python -m orchestration.adding --check
	@$(BIN)/python -m tools.column_dictionary --check
	@$(BIN)/python -m tools.site_charts --check
	@$(BIN)/python -m tools.settings_reference --check
	@git ls-files -z -- ':!*.parquet' ':!*.png' 2>/dev/null | xargs -0 -r -P 2 -n 200 $(BIN)/detect-secrets-hook --baseline .secrets.baseline

generate: $(DEV_READY) ## write the dbt files that follow from declarations (docs/adding.md)
	@$(BIN)/python tools/name_patterns.py
	@$(BIN)/python -m orchestration.adding
	@$(BIN)/python -m tools.column_dictionary
	@$(BIN)/python -m tools.site_charts
	@$(BIN)/python -m tools.settings_reference

ui: $(READY) ## Dagster on 127.0.0.1:3000
	@$(BIN)/clawback ui

site: $(READY) ## the published release as pages, on 127.0.0.1:8300
	@$(BIN)/clawback site

sql: $(READY) ## a read-only shell on the published warehouse
	@$(BIN)/clawback sql

explore: $(NOTEBOOK_READY) ## ask the published release in the browser: forms, SQL, charts; on 127.0.0.1; EDIT=1 completes SQL while you type
	@$(BIN)/python -m tools.notebook explore $(if $(EDIT),--ask)

notebook: $(NOTEBOOK_READY) ## a study, on 127.0.0.1: NOTEBOOK=event_study, who_reports or money; COPY=mine.py edits a copy of it
	@$(BIN)/python -m tools.notebook $(or $(NOTEBOOK),event_study) $(if $(COPY),--copy $(COPY))

bench: $(BENCH_READY) $(if $(ENGINES),$(SPARK_READY)) ## ingest, models and runs over generated captures (an hour and 40 GB of disk at full size); ENGINES=1 compares DuckDB with Spark
ifdef ENGINES
	@$(BIN)/python -m benchmarks.engines
else
	@$(BIN)/python -m benchmarks.spine
	@$(BIN)/python -m benchmarks.nights
	@$(BIN)/python -m benchmarks.awards
	@$(BIN)/python -m benchmarks.ordinances
	@$(BIN)/python -m benchmarks.incidents
	@$(BIN)/python -m benchmarks.victims
endif

$(BENCH_READY): $(READY)
	@$(UV_INSTALL) --extra bench || $(PIP_INSTALL)
	@touch $@

disk: $(DEV_READY) ## whole refreshes on a disk that is full at 14 places (root; half an hour)
	@CLAWBACK_TEST_DISK=1 $(BIN)/python -m pytest tests/disk

spark: $(DEV_READY) $(SPARK_READY) ## refresh on Spark, on this machine and on a cluster: each release equals DuckDB's (Java 17)
	@CLAWBACK_TEST_SPARK=1 $(BIN)/python -m pytest tests/spark -m spark

spark-setup: $(SPARK_READY) ## the extra that CLAWBACK_ENGINE=spark needs

$(SPARK_READY): $(READY)
	@$(UV_INSTALL) --extra spark || $(PIP_INSTALL)
	@touch $@

s3-setup: $(S3_READY) ## the extra that CLAWBACK_LANDING=s3://... needs

$(S3_READY): $(READY)
	@$(UV_INSTALL) --extra s3 || $(PIP_INSTALL)
	@touch $@

lock: $(READY) ## pin every dependency of every extra again, with hashes, for every platform
	@UV_INDEX_URL="$$($(BIN)/python -m pip config get global.index-url 2>/dev/null)" $(BIN)/uv pip compile --quiet \
		pyproject.toml --all-extras --universal --upgrade --generate-hashes --strip-extras --no-annotate --no-header \
		--no-emit-index-url -o requirements.lock

vendor: $(DEV_READY) ## the site's chart library again, from vl-convert; read the difference of orchestration/site/vendor
	@$(UV_INSTALL) --extra vendor || $(PIP_INSTALL)
	@$(BIN)/python -m tools.site_vendor

sbom: $(DEV_READY) ## dist/: what a release is made of (CycloneDX) and under which licenses; fails on one that is not allowed
	@$(BIN)/python tools/supply_chain.py sbom

audit: $(DEV_READY) ## known vulnerabilities of what is locked (asks pypi.org; says so where no network allows)
	@$(BIN)/python tools/supply_chain.py audit

clean: ## the virtual environment and caches; never data/
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .sqlfluff_cache
