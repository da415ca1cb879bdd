# The README's commands. CI calls the same ones.

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-pro kills adoption fuzz soak lint fix bench docs dist pin clean

PYTHON_VERSION := $(shell cat .python-version)
# A uv on the PATH that runs here serves; otherwise one is installed into .tools.
UV := $(shell tools/uv.sh find)
BIN := .venv/bin
PAGE := zendesk_handoff/webchat/static
MODEL := models/demo.tar.gz
# Their tests need neither a trained bot nor a command of Rasa's.
SERVER_FREE = $(addprefix tests/,actions adopt/test_calm.py calm channels checks/test_calm.py domain \
  frustration handover nlu policies rasa settings summary webchat wish zendesk test_bounds.py \
  test_metrics.py test_missing_rasa.py test_package.py)
PIN = $(UV) pip compile --universal --python-version $(PYTHON_VERSION) --generate-hashes \
  --no-emit-index-url --upgrade -q --custom-compile-command "make pin"
PIN_PRO = $(subst --python-version $(PYTHON_VERSION),--python-version 3.11,$(PIN))

export RASA_TELEMETRY_ENABLED := false
export SQLALCHEMY_SILENCE_UBER_WARNING := 1
export TF_CPP_MIN_LOG_LEVEL := 3
export UV_NO_PROGRESS := 1
export UV
# The tests start hundreds of processes, each of which would compile the plugin again.
unexport PYTHONDONTWRITEBYTECODE

help: ## list the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

setup: .venv/.done $(PAGE)/node_modules/.done $(MODEL) ## environment, the page's package, a trained model

demo: setup ## simulator, action server and Rasa server; prints the two pages to open
	@$(BIN)/python -m tools.demo

test: setup lint ## everything that is checked
	@$(BIN)/python tools/test.py

test-pro: .venv-pro/.done ## what needs no Rasa server, beside Rasa Pro; its owner's terms apply
	@# Without it a library of Rasa Pro's fetches a price list whenever it is imported.
	@LITELLM_LOCAL_MODEL_COST_MAP=True .venv-pro/bin/python tools/test.py -n 3 --dist loadfile \
	  $(SERVER_FREE)

kills: setup ## kill a server at every place, on both databases; part of it is in `make test`
	@$(BIN)/python tools/test.py -n 3 --dist worksteal -m "" tests/scenarios/kills

adoption: setup ## put the wheels into other bots, with pip and with uv; half an hour
	@$(BIN)/python tools/test.py -m "" tests/adoption tests/store/test_sqlalchemy2.py \
	  tests/importer/test_trained_with_ted.py tests/importer/test_other_bots.py \
	  tests/importer/test_files.py tests/nlu/test_other_bots.py

fuzz: setup ## a million generated requests to the public routes; two hours
	@FUZZ_CASES=1000000 $(BIN)/python tools/test.py -s --show-capture=no -o timeout=0 \
	  tests/security/test_fuzz.py tests/security/test_fuzz_channels.py

soak: setup ## 2,000 pages, 200 sessions and attackers for ten minutes; writes docs/soak.svg
	@$(BIN)/python -m tests.soak --picture docs/soak.svg

lint: .venv/.done ## style, types, and who may import whom
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

fix: .venv/.done ## format, and fix what ruff can fix
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: setup ## the figures of docs/
	@$(BIN)/python -m benchmarks

docs: setup ## the documentation as a site, in site/; checks its links and what it says
	@NO_MKDOCS_2_WARNING=true $(BIN)/python -m mkdocs build --strict
	@$(BIN)/pytest -q tests/docs

dist: $(PAGE)/node_modules/.done $(filter .tools/%,$(UV)) ## both wheels, the plugin's and the simulator's, in dist/
	@rm -rf dist
	@for folder in . simulator; do $(UV) build -q --wheel --out-dir dist \
	  --build-constraints requirements/build.txt --require-hashes $$folder || exit 1; done
	@rm -f dist/.gitignore

pin: $(filter .tools/%,$(UV)) ## write the requirement files again
	$(PIN) pyproject.toml simulator/pyproject.toml --group dev --extra rasa --extra postgresql --extra llm -o requirements/dev.txt
	$(PIN) pyproject.toml requirements/sqlalchemy2.in --extra postgresql -o requirements/sqlalchemy2.txt
	$(PIN_PRO) pyproject.toml simulator/pyproject.toml --group pro --extra postgresql --extra llm -o requirements/pro.txt
	$(PIN) requirements/build.in -o requirements/build.txt
	$(PIN) requirements/tools.in -o requirements/tools.txt

clean: ## remove what the commands have made
	rm -rf dist site .venv .venv-pro .tools models $(PAGE)/node_modules .rasa .pytest_cache .mypy_cache .ruff_cache \
	  .import_linter_cache .hypothesis models.log

.tools/bin/uv: requirements/tools.txt
	@tools/uv.sh install

.venv/.done: requirements/dev.txt requirements/build.txt pyproject.toml \
             simulator/pyproject.toml .python-version $(PAGE)/node_modules/.done $(filter .tools/%,$(UV))
	@tools/uv.sh venv
	@echo "Installing the Python environment …"
	@# Compiled here, once: where Python may not write bytecode every start of Rasa would compile again.
	@VIRTUAL_ENV=.venv $(UV) pip sync -q --compile-bytecode --require-hashes requirements/dev.txt
	@VIRTUAL_ENV=.venv $(UV) pip install -q --no-deps --build-constraint requirements/build.txt \
	  -e . -e ./simulator
	@touch $@

.venv-pro/.done: requirements/pro.txt requirements/build.txt pyproject.toml \
                 simulator/pyproject.toml $(PAGE)/node_modules/.done $(filter .tools/%,$(UV))
	@echo "Rasa Pro is Rasa Technologies' software, and no part of this project: their terms apply"
	@echo "(https://rasa.com/developer-terms). Its commands need a licence, which no test uses."
	@tools/uv.sh venv-pro
	@echo "Installing the Python environment of Rasa Pro …"
	@VIRTUAL_ENV=.venv-pro $(UV) pip sync -q --compile-bytecode --require-hashes requirements/pro.txt
	@VIRTUAL_ENV=.venv-pro $(UV) pip install -q --no-deps --build-constraint requirements/build.txt \
	  -e . -e ./simulator
	@touch $@

$(PAGE)/node_modules/.done: $(PAGE)/package.json $(PAGE)/package-lock.json
	@said=$$(npm --version 2>&1) || { echo "The chat page needs Node.js with npm, which does not" \
	  "run here ($$said). Install Node 18 or newer and try again." >&2; exit 1; }
	@echo "Installing the chat page's package …"
	@npm ci --prefix $(PAGE) --no-audit --no-fund --loglevel=error
	@touch $@

$(MODEL): .venv/.done config.yml domain.yml $(wildcard data/*.yml data/*/*.yml) \
          $(wildcard $(addprefix zendesk_handoff/,policies/*.py nlu/*.py wish/*.py importer/*.py))
	@echo "Training the demo bot …"
	@$(BIN)/rasa train --quiet --fixed-model-name demo --out models >models.log 2>&1 \
	  || { cat models.log >&2; rm -f models.log; exit 1; }
	@rm -f models.log; touch $@
