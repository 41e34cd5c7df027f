# 城市风险一张图. `make run` on a fresh Debian/Ubuntu machine ends with the map of the demo city; `make test` proves it.
SHELL := /bin/bash
PY := .venv/bin/python
.PHONY: run setup dev vendor lint test check-long bench bundle down clean help

help:            ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

run: setup       ## everything, then serve; the address is printed last
	@exec $(PY) -m riskmap up

setup:           ## Python environment and front-end libraries
	@setup/python.sh run
	@setup/vendor.sh
	@setup/paper.sh || true

dev:             ## what the tests need as well
	@setup/python.sh dev
	@setup/vendor.sh
	@setup/paper.sh
	@setup/browser.sh

vendor:          ## front-end libraries alone
	@setup/vendor.sh

lint: dev        ## style and import rule
	$(PY) -m ruff check .
	.venv/bin/lint-imports

test: dev        ## style, import rule and every ordinary test: real PostGIS, real browser
	$(PY) -m ruff check .
	.venv/bin/lint-imports
	$(PY) -m pytest -m "not long"

check-long: dev  ## the slow proofs: crashes, full disk, backup and restore, bundle without network, LibreOffice
	@setup/office.sh
	$(PY) -m pytest tests/long tests/browser -m long --timeout=3600

bench: dev       ## the table of ratios in README
	$(PY) -m tests.bench

bundle: setup    ## dist/riskmap-bundle.tar: what a machine without internet needs
	$(PY) -m riskmap bundle

down:            ## stop the embedded database
	@$(PY) -m riskmap db down

clean:           ## caches; never var/, which holds the data
	rm -rf .pytest_cache .ruff_cache .import_linter_cache .hypothesis dist node_modules
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
