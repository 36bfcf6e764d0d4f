# Everything starts here: `make` alone lists the targets. Needs python3 (3.11 or later, with venv) and make.

PYTHON ?= python3
BOARD ?= esp32_s3
PORT ?=

VENV := .venv
BIN := $(VENV)/bin
# Plain pip, exact versions, every file checked by hash; --no-deps because the lock is the whole list.
PIP_INSTALL := $(BIN)/pip install --quiet --disable-pip-version-check --no-deps
LOCKED := $(PIP_INSTALL) --require-hashes --requirement
EDITABLE := $(PIP_INSTALL) --no-build-isolation --editable .

RUN := $(VENV)/.run-stamp
TEST := $(VENV)/.test-stamp
TYPINGS := build/typings/.stamp

# The recordings are not part of this repository; a relative folder is taken from where make was called.
ifneq ($(RECORDINGS),)
override RECORDINGS := $(abspath $(RECORDINGS))
export RECORDINGS
endif

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: FORCE help run test browsers lint format bench faults cuts drops chaos fuzz deploy repl pictures tables typings lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# --- the environment ---------------------------------------------------------------------------------

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "make: $(PYTHON) is too old or missing: Kitbag needs Python 3.11 or later. Set PYTHON=/path/to/python3." >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
	    { rm -rf $(VENV); echo "make: could not make $(VENV). On Debian: apt-get install python3-venv" >&2; exit 1; }

$(RUN): requirements/run.txt pyproject.toml | $(BIN)/python
	@echo "installing what Kitbag needs into $(VENV) ..." >&2
	@$(LOCKED) requirements/run.txt
	@$(EDITABLE)
	@touch $@

$(TEST): requirements/test.txt $(RUN)
	@echo "installing what the tests need into $(VENV) ..." >&2
	@$(LOCKED) requirements/test.txt
	@touch $@

# The board's type stubs are a folder for the checker, not packages to import: kept out of $(VENV).
$(TYPINGS): requirements/typings.txt $(RUN)
	@rm -rf $(@D) && $(LOCKED) requirements/typings.txt --target $(@D)
	@touch $@

typings: $(TYPINGS)

# --- the two commands of README ------------------------------------------------------------------------

# The scripted night. With RECORDINGS its room has the barometer trace of a real one instead of invented weather.
SCENARIO := build/scenario
AMBIENT := ambient_night_bmp280.csv

$(SCENARIO)/night.toml: examples/night/*.toml FORCE
	@rm -rf $(@D) && mkdir -p $(@D)
	@cp examples/night/plan.toml examples/night/weather.csv $(@D)/
ifdef RECORDINGS
	@ln -s "$(RECORDINGS)/$(AMBIENT)" $(@D)/
	@cat examples/night/night.toml examples/night/recorded_ambient.toml > $@
else
	@cat examples/night/night.toml examples/night/synthetic_ambient.toml > $@
endif

run: $(RUN) $(SCENARIO)/night.toml ## one simulated night, downloaded and told in words
	@$(BIN)/kitbag sim $(SCENARIO)/night.toml --out build/night

# A file of tests stays in one process: what its tests share is made once
test: $(TEST) ## run every test (RECORDINGS=dir adds the replay tests)
	@$(BIN)/pytest --numprocesses auto --maxprocesses 4 --dist loadfile

# --- checks --------------------------------------------------------------------------------------------

lint: $(TEST) $(TYPINGS) ## ruff and basedpyright; zero findings
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/basedpyright
	@$(BIN)/basedpyright --project firmware
	@$(BIN)/basedpyright --project boards/sim

format: $(TEST) ## let ruff format the tree
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

browsers: ## install Debian's Chromium for the browser tests
	apt-get update
	apt-get install --yes --no-install-recommends chromium

bench: $(TEST) ## every claimed figure beside its peer, to build/bench.json and a table
	@$(BIN)/python bench

faults: $(TEST) ## every fault in every condition against its deadline, to build/faults.csv and a table
	@$(BIN)/python faults

cuts: $(TEST) ## the power cut in every flash operation and bad bits everywhere: what is kept, as a table
	@$(BIN)/python cuts

drops: $(TEST) ## the line lost at every frame of every visit, on both pipes, and the host killed: what is resumed
	@$(BIN)/python drops

chaos: $(TEST) ## 20 whole nights and 1,000 of ten minutes at random: no gap that the log does not name
	@$(BIN)/python chaos

fuzz: $(TEST) ## a million mutated frames at the object's door, then atheris on every parser (8 minutes)
	@$(BIN)/python fuzz

# --- a board on a serial port --------------------------------------------------------------------------

deploy: $(RUN) ## build the image and copy it to a board: BOARD=esp32_s3 PORT=/dev/ttyACM0
	@$(BIN)/python -m kitbag_tools.deploy --board "$(BOARD)" --port "$(PORT)"

repl: $(RUN) ## talk to a board's MicroPython: PORT=/dev/ttyACM0 (open the door: hold the button at reset)
	@$(BIN)/mpremote connect "$(or $(PORT),auto)" repl

# --- what the pages show -------------------------------------------------------------------------------

# Always with the invented weather: the pictures must be the same wherever they are made.
PICTURES := build/pictures

pictures: $(RUN) ## play the scripted night and renew the pictures and words that README and docs show
	@rm -rf $(PICTURES) && mkdir -p $(PICTURES)
	@cp examples/night/plan.toml examples/night/weather.csv $(PICTURES)/
	@cat examples/night/night.toml examples/night/synthetic_ambient.toml > $(PICTURES)/night.toml
	@$(BIN)/kitbag sim $(PICTURES)/night.toml --out $(PICTURES)/night > $(PICTURES)/told.txt
	@$(BIN)/python docs/pictures.py $(PICTURES)

tables: $(RUN) ## renew the tables of README and docs that follow from code
	@$(BIN)/python docs/tables.py

# --- upkeep --------------------------------------------------------------------------------------------

UV := build/uv/bin/uv
COMPILE := $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
    --custom-compile-command "make lock"
IN_RUN := pyproject.toml --extra sim --extra reports --extra flash --group build --excludes requirements/leave-out.txt

$(UV):
	@$(PYTHON) -m venv build/uv && build/uv/bin/pip install --quiet --disable-pip-version-check uv==0.13.9

lock: $(UV) ## renew requirements/*.txt (exact versions and hashes) from pyproject.toml
	@$(COMPILE) --upgrade $(IN_RUN) --output-file requirements/run.txt
	@$(COMPILE) --upgrade $(IN_RUN) --extra ble --extra keyring --extra dev --constraints requirements/run.txt --output-file requirements/test.txt
	@$(COMPILE) --upgrade --group typings --output-file requirements/typings.txt

clean: ## remove everything that was built (.venv too)
	rm -rf build dist $(VENV) .pytest_cache .ruff_cache .hypothesis
