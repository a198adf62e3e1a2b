# What people do with this project; `make` alone lists it. Everything works from a fresh clone with Python 3.11 and make.
STACK ?= dev
FILE ?= Pulumi.$(STACK).yaml
CONTEXT ?=
OPTIONS ?=

VENV := .venv
PYTHON := $(VENV)/bin/python
INSTALLED := $(VENV)/.installed
SANDBOX := $(PYTHON) -m sandbox

# Pulumi on a cluster of the user's own: in place, with the user's backend, and with Pulumi's own questions.
WITH_PULUMI = PATH="$(CURDIR)/$(VENV)/bin:$$($(SANDBOX) tools --path pulumi pulumi-language-python):$$PATH"
PULUMI = $(WITH_PULUMI) pulumi
ON_CONTEXT = --stack $(STACK) --config tempostack:kubeContext=$(CONTEXT)

# What `make picture` takes its picture with, and of what.
CHROMIUM ?= $(firstword $(foreach name,chromium chromium-browser google-chrome google-chrome-stable,$(shell command -v $(name))))
REPORT := reports/plan.html
PICTURE := docs/plan.png
PICTURE_SIZE ?= 900,1520

.PHONY: help up preview down status plan render report picture check unit test test-thorough mutants bench \
  bench-budget bench-calibrate bench-floors bench-overload figure docs

help: ## List what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## */  make \1	/' | expand -t 28

ifeq ($(CONTEXT),)

up: $(INSTALLED) ## Deploy STACK (dev) in the sandbox, or with CONTEXT=name in your cluster
	@$(SANDBOX) up > /dev/null
	@$(SANDBOX) pulumi --stack $(STACK) up --yes --skip-preview
	@$(SANDBOX) up

preview: $(INSTALLED) ## Show what `make up` would change
	@$(SANDBOX) up > /dev/null
	@outputs=$$($(SANDBOX) pulumi --stack $(STACK) stack output --json 2>/dev/null) \
	  && echo "$$outputs" | $(PYTHON) -m ops diff Pulumi.$(STACK).yaml --outputs - ; echo
	@$(SANDBOX) pulumi --stack $(STACK) preview --diff

down: $(INSTALLED) ## End the sandbox, or with CONTEXT=name delete STACK from your cluster
	@$(SANDBOX) down

else

up: $(INSTALLED)
	@echo "Stack $(STACK) goes to the cluster of your kubeconfig's context $(CONTEXT); Pulumi asks before it changes it."
	@$(PULUMI) stack select --create $(STACK)
	@$(PULUMI) up $(ON_CONTEXT)

preview: $(INSTALLED)
	@$(PULUMI) stack select --create $(STACK)
	@$(WITH_PULUMI) $(PYTHON) -m ops diff Pulumi.$(STACK).yaml --deployed --stack $(STACK); echo
	@$(PULUMI) preview --diff $(ON_CONTEXT)

down: $(INSTALLED)
	@echo "Stack $(STACK) is deleted from the cluster of your kubeconfig's context $(CONTEXT), if you say so to Pulumi."
	@$(PULUMI) destroy $(ON_CONTEXT)

endif

status: $(INSTALLED) ## Show what runs for the sandbox
	@$(SANDBOX) status

plan: $(INSTALLED) ## Show what each container of FILE (Pulumi.dev.yaml) gets
	@$(PYTHON) -m ops plan $(FILE)

render: $(INSTALLED) ## Print every object of FILE as YAML
	@$(PYTHON) -m ops render $(FILE)

report: $(INSTALLED) ## Write the plan of FILE as one HTML page into reports/
	@mkdir -p $(dir $(REPORT))
	@$(PYTHON) -m ops plan $(FILE) --format html -o $(REPORT) || [ $$? -eq 1 ]
	@echo $(REPORT)

picture: FILE = docs/example.yaml
picture: report ## Take docs/plan.png, the picture of a report, with a headless Chromium
	@if [ -z "$(CHROMIUM)" ]; then \
	  echo "a Chromium is needed: apt install chromium, or make picture CHROMIUM=/path/to/chrome" >&2; exit 1; \
	fi
	@"$(CHROMIUM)" --headless --disable-gpu --hide-scrollbars --force-device-scale-factor=1 \
	  $$([ "$$(id -u)" -ne 0 ] || echo --no-sandbox) --window-size=$(PICTURE_SIZE) \
	  --screenshot=$(PICTURE) file://$(CURDIR)/$(REPORT) 2>/dev/null
	@echo $(PICTURE)

check: $(INSTALLED) ## Lint, format, types, import rules, pages made from the code
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports --no-cache
	$(PYTHON) -m ops.pages --check

unit: check ## What needs no server: checks and unit tests
	@$(PYTHON) -m pytest -q -n auto --dist worksteal tests/unit

test: check ## Everything that can be tested here, the fast parts first
	@$(PYTHON) -m tests

test-thorough: $(INSTALLED) ## Try 1,000 examples of every property of the unit tests, ten times as many as `make test`
	@TEMPOSTACK_EXAMPLES=1000 $(PYTHON) -m pytest -q -n auto --dist worksteal tests/unit

mutants: $(INSTALLED) ## Change the allocation's code in every small way: the tests must notice (an hour)
	@nice -n 10 $(PYTHON) -m tests.mutants

bench: $(INSTALLED) ## Measure what the README's figures say
	@$(PYTHON) -m bench.startup
	@$(PYTHON) -m bench.allocation

# Each goes on where it stopped; OPTIONS="--minutes 20 --totals 500m/1Gi" and others: python -m bench.budget --help.
bench-budget: $(INSTALLED) ## Measure how much a total carries by how it is split (seven hours; root and cgroups)
	@$(PYTHON) -m bench.budget $(OPTIONS)

bench-calibrate: $(INSTALLED) ## Measure what a load costs each component, and propose weights (half an hour)
	@$(PYTHON) -m bench.calibrate $(OPTIONS)

bench-floors: $(INSTALLED) ## Measure the least memory that each component starts and survives with (an hour)
	@$(PYTHON) -m bench.floors $(OPTIONS)

bench-overload: $(INSTALLED) ## Measure what three times the plan's rate does to it and to others' splits (a quarter of an hour)
	@$(PYTHON) -m bench.overload $(OPTIONS)

figure: $(INSTALLED) ## Write docs/budget.svg, and the tables of the README and docs/measured.md, from what was measured
	@$(PYTHON) -m bench.figure

docs: $(INSTALLED) ## Write docs/configuration.md, and the tables between markers in the pages, from the code
	@$(PYTHON) -m ops.pages

# Made again when the pins change; a half-made one has no stamp, so the next run makes it again.
$(INSTALLED): requirements.txt requirements-dev.txt
	@python=$$(for p in python3.11 python3 python3.12 python3.13 python3.14; do \
	    "$$p" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo "$$p" && break; \
	  done); \
	if [ -z "$$python" ]; then \
	  echo "Python 3.11 or newer with its venv module is needed: apt install python3.11-venv, or python.org" >&2; exit 1; \
	fi; \
	echo "making $(VENV) with $$python" >&2; \
	"$$python" -m venv $(VENV) && $(PYTHON) -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@
