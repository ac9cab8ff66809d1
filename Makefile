# The menu of this repository. `make` alone prints it; nothing here touches anything outside the checkout.

.DEFAULT_GOAL := menu
# A run without bytecode compiles every module and rewrites every test again, in each process it starts.
unexport VIRTUAL_ENV PYTHONPATH PYTHONHOME PYTHONDONTWRITEBYTECODE

HOST ?= 127.0.0.1
PORT ?= 8000
EXAMPLE ?= hello
SECONDS ?= 60
MINUTES ?= 1
ENGINE ?= redis://127.0.0.1:6379/0

ifeq ($(OS),Windows_NT)
BIN := .venv/Scripts
else
BIN := .venv/bin
endif
PY := $(BIN)/python

# uv and the interpreter are what `tools/setup.sh` found and wrote down.
UV = "$(shell cat .tools/uv-path)"
export UV_PYTHON_DOWNLOADS := never
UV_CACHE_DIR ?= $(CURDIR)/.tools/cache/uv
# pyright's wheel holds pyright, and node comes as a wheel: neither npm nor another host is asked.
PYRIGHT_PYTHON_CACHE_DIR ?= $(CURDIR)/.tools/cache/pyright
export PYRIGHT_PYTHON_IGNORE_WARNINGS := 1
export PYRIGHT_PYTHON_GLOBAL_NODE := 0
export UV_CACHE_DIR PYRIGHT_PYTHON_CACHE_DIR
# An environment of its own for what must not mix with .venv: $(call apart,NAME) uv run ...
apart = UV_PROJECT_ENVIRONMENT="$(CURDIR)/.tools/venvs/$(1)" UV_PYTHON="$$(cat .tools/python)" $(UV)

# `P=cors` narrows a verb to one package.
PACKAGE_DIRS := $(if $(P),packages/$(P),$(sort $(wildcard packages/*)))
SOURCES := $(wildcard $(addsuffix /src,$(PACKAGE_DIRS)))
TYPED := $(SOURCES) $(wildcard $(addsuffix /typing_tests,$(PACKAGE_DIRS))) $(if $(P),,tools/testkit/src tools/chaos tools/soak examples integration-tests/tutorial_programs)
STYLED := $(if $(P),packages/$(P),.)
ifneq ($(P),)
ifeq ($(wildcard packages/$(P)/pyproject.toml),)
$(error there is no package "$(P)"; P= takes one of: $(notdir $(patsubst %/pyproject.toml,%,$(sort $(wildcard packages/*/pyproject.toml)))))
endif
endif

.PHONY: menu
menu: ## print this menu
	@echo 'usage: make TARGET [NAME=value ...]'
	@echo
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1	/p' $(firstword $(MAKEFILE_LIST)) | while IFS='	' read -r verb text; do printf '  %-20s %s\n' "$$verb" "$$text"; done
	@echo
	@echo 'PYTHON=/path/to/python3 chooses the interpreter (3.11 or newer).'

.PHONY: setup
setup: ## make .venv with all packages, extras and tools; a no-op when nothing changed
	@PYTHON="$(PYTHON)" sh tools/setup.sh

.PHONY: run
run: setup ## serve an example app: EXAMPLE=hello HOST=127.0.0.1 PORT=8000
	@exec $(PY) tools/serve.py "$(EXAMPLE)" --host "$(HOST)" --port="$(PORT)"

.PHONY: run-board
run-board: setup ## serve examples/board as two servers and a worker: ENGINE=redis://127.0.0.1:6379/0 PORT=8000
	@exec $(PY) -m examples.board.servers "$(ENGINE)" --port "$(PORT)"

.PHONY: test
test: setup ## the fast suite: every package, doctests, documentation, integration, examples (ARGS= goes to pytest)
	@$(PY) -m pytest -m "not nightly" --doctest-modules --numprocesses 3 --dist worksteal $(ARGS)

.PHONY: test-package
test-package: setup need-package ## tests of P=cors alone, in an environment holding only what it declares
	@UV_PYTHON="$$(cat .tools/python)" $(UV) run --quiet --locked --isolated --exact --package "$$($(PY) tools/distribution.py $(P))" --no-dev --group test \
		pytest "packages/$(P)/tests" $(ARGS)

.PHONY: lint
lint: setup ## ruff: rules and formatting (P= for one package); the words of the glossary
	@$(PY) -m ruff check $(STYLED)
	@$(PY) -m ruff format --check $(STYLED)
	@$(PY) tools/check_words.py

.PHONY: format
format: setup ## let ruff fix and format (P= for one package)
	@$(PY) -m ruff check --fix $(STYLED)
	@$(PY) -m ruff format $(STYLED)

.PHONY: types
types: setup ## mypy --strict and pyright strict over sources, typing_tests, examples, tutorial programs and blocks of the documentation (P= for one package)
	@$(PY) -m mypy $(TYPED)
	@$(PY) -m pyright $(TYPED)
	@$(PY) tools/document_types.py $(P)

.PHONY: packages
packages: setup ## each package against the charter: imports, declarations, files, wheel (P= for one package)
	@$(PY) tools/check_packages.py $(P)
	@$(PY) tools/check_threats.py

.PHONY: docs
docs: setup ## build the documentation into site/, broken links fail
	@NO_MKDOCS_2_WARNING=1 $(call apart,docs) run --quiet --locked --only-group docs mkdocs build --strict

.PHONY: check
check: ## everything for one package (P=cors), or for all of them
	@$(MAKE) --no-print-directory lint types packages
	@$(MAKE) --no-print-directory $(if $(P),test-package,test docs)

.PHONY: conformance
conformance: setup ## Starlette's own tests against the drop-in, passed and failed per file
	@$(PY) integration-tests/conformance/run.py $(ARGS)

.PHONY: conformance-fastapi
conformance-fastapi: setup ## FastAPI's own tests against the drop-in
	@$(PY) integration-tests/conformance/run.py --suite fastapi $(ARGS)

.PHONY: integration
integration: setup ## the nightly suite, whole
	@$(PY) -m pytest integration-tests $(ARGS)

.PHONY: frameworks
frameworks: setup ## the parts mixed with Django, Quart, Litestar, FastAPI, Falcon, BlackSheep (a part of integration)
	@$(PY) integration-tests/frameworks/run.py $(ARGS)

.PHONY: footprint
footprint: setup ## measure each package alone, from its wheel, and rewrite docs/footprint.md
	@$(PY) tools/footprint.py

.PHONY: graph
graph: setup ## draw the pictures of the packages from what they import
	@$(PY) tools/graph.py
	@$(PY) tools/rings.py

.PHONY: release-plan
release-plan: setup ## who must follow a release that fixes a flaw: CHANGED=datastructures (or several)
	@test -n "$(CHANGED)" || { echo 'name what the fix is in, for instance: make release-plan CHANGED=datastructures' >&2; exit 2; }
	@$(PY) tools/release_plan.py $(CHANGED)

.PHONY: fuzz
fuzz: setup ## fuzz every parser for SECONDS=60 each (ARGS="json cookies" for some); Linux
	@$(call apart,fuzz) run --quiet --locked --inexact --all-packages --all-extras --no-dev --group fuzz python tools/fuzz/run.py --seconds "$(SECONDS)" $(ARGS)

.PHONY: soak
soak: setup ## load uvicorn, hypercorn and granian for MINUTES=1 each, with clients that leave; what grows fails; Linux
	@$(PY) tools/soak/run.py --minutes "$(MINUTES)" $(ARGS)

.PHONY: chaos
chaos: setup ## stop, freeze, cut, delay and silence each database and broker under the examples (ARGS="redis --seconds 4")
	@PYTHONPATH=tools $(PY) -m chaos.run $(ARGS)

.PHONY: audit
audit: setup ## look everything that is locked up in a database of known vulnerabilities; fails without its data
	@$(PY) tools/audit.py

.PHONY: sbom
sbom: setup ## what a package consists of and needs, as CycloneDX, into sbom/: P=graphql
	@$(PY) tools/sbom.py $(P)

.PHONY: bench
bench: setup ## side by side with the peers, in one run
	@$(call apart,bench) run --quiet --locked --inexact --all-packages --all-extras --no-dev --group bench --with-requirements benchmarks/peers/requirements.txt python benchmarks/run.py $(ARGS)

.PHONY: scale
scale: setup ## broadcasts to thousands of WebSockets over several servers, beside a plain loop (ARGS=--engine nats)
	@$(PY) benchmarks/scale/run.py $(ARGS)

.PHONY: bench-check
bench-check: setup ## count the instructions of requests; a ratio that has grown fails (ARGS=--record accepts it)
	@$(PY) benchmarks/instructions/check.py $(ARGS)

.PHONY: build
build: setup ## wheels and source distributions of all packages into dist/ (P= for one package)
	@rm -rf dist
	@$(UV) build --quiet --no-build-isolation --python $(PY) $(if $(P),--package "$$($(PY) tools/distribution.py $(P))",--all-packages)
	@ls dist

.PHONY: new
new: setup ## a new package that passes every check: NAME=etag
	@test -n "$(NAME)" || { echo 'new: name the package, for instance: make new NAME=etag' >&2; exit 2; }
	@$(PY) tools/new_package.py "$(NAME)"
	@$(PY) -m ruff check --quiet --fix "packages/$(NAME)"
	@$(PY) -m ruff format --quiet "packages/$(NAME)"
	@$(MAKE) --no-print-directory lock setup

.PHONY: lock
lock: ## bring uv.lock up to date with every pyproject.toml
	@test -r .tools/uv-path || { echo 'lock: run make setup first' >&2; exit 2; }
	@UV_PYTHON="$$(cat .tools/python)" $(UV) lock --quiet

.PHONY: graphiql
graphiql: setup ## bundle GraphiQL into armillary-graphql: the same bytes everywhere, checked by their hashes (needs npm)
	@$(PY) tools/fetch_graphiql.py

.PHONY: swagger-ui
swagger-ui: setup ## put Swagger UI's released files into armillary-openapi, checked by their hashes (needs npm)
	@$(PY) tools/fetch_swagger_ui.py

.PHONY: redoc
redoc: setup ## put Redoc's released file into armillary-redoc, checked by its hash (needs npm)
	@$(PY) tools/fetch_redoc.py

.PHONY: clean
clean: ## remove everything that is made: .venv, .tools, dist, site, caches
	rm -rf .venv .tools .cache dist build sbom site .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: need-package
need-package:
	@test -n "$(P)" || { echo 'name the package, for instance: make $(firstword $(MAKECMDGOALS)) P=cors' >&2; exit 2; }
