# The two commands: `make demo` and `make test`. Both set themselves up.

# The first that runs: a version manager's stand-in may be on PATH without its Python.
PYTHON ?= $(shell for python in python3.12 python3.11 python3; do $$python -c '' 2>/dev/null && echo $$python && break; done)
VENV := .venv
BIN := $(VENV)/bin
# How many integration tests run side by side. Each worker may load TensorFlow, which takes 2 GB.
WORKERS ?= 2
GROUPS := capture extractor trainer inference cli

.PHONY: demo test check lint types walls javascript javascript-with-node unit integration coverage e2e test-slow fuzz test-compose \
	benchmark-sealing benchmark-training benchmark-recognition benchmark-serving benchmark-reload benchmark-overload \
	benchmark-detection benchmark-live chaos docs screenshots sbom audit install lock clean

demo: install ## enrol two drawn people, train, watch both being named; ARGS=--once ends after the summary
	$(BIN)/familiar demo $(ARGS)

test: check integration e2e ## everything but what is slow, and the containers

check: lint types walls javascript unit ## what is fast: under a minute

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml

types: install
	$(BIN)/mypy

walls: install
	$(BIN)/lint-imports --no-logo

# Node is for whoever works on the page. Nobody who runs Familiar needs it: browsers take the modules as they are.
javascript: ## the page's modules: types, lint, unit tests; needs Node
	@if command -v npm >/dev/null; then \
		$(MAKE) --no-print-directory javascript-with-node; \
	elif [ -n "$$CI$$FAMILIAR_REQUIRE_NODE" ]; then \
		echo "The page's modules have to be checked here, and there is no Node with npm on PATH." >&2; exit 1; \
	else \
		echo "The page's modules are not checked: there is no Node with npm on PATH (apt-get install nodejs npm)."; \
	fi

javascript-with-node: node_modules/installed
	node_modules/.bin/tsc --project tsconfig.json
	node_modules/.bin/tsc --project tests/studio/tsconfig.json
	node_modules/.bin/biome lint --error-on-warnings
	node --test --test-reporter=spec tests/studio/*.test.js

node_modules/installed: package-lock.json package.json
	npm ci
	touch $@

unit: install
	$(BIN)/pytest tests/unit

# Each worker has a Redis of its own. A file is one worker's: fixtures of a module may cost many seconds.
integration: install ## one seam at a time, WORKERS files side by side
	$(BIN)/pytest tests/integration -m "not slow" --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder

coverage: install ## which branches unit and integration tests take; a summary, no gate
	mkdir -p build/coverage
	$(BIN)/pytest tests/unit tests/integration -m "not slow" --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder \
		--cov --cov-report=term

e2e: install ## real processes, real video; FAMILIAR_TEST_DATA names a folder of real faces
	$(BIN)/pytest tests/e2e -m "not slow" --ignore=tests/e2e/test_compose.py

test-slow: install ## trainings beside services, benchmarks from end to end, killed processes: what needs the machine alone
	$(BIN)/pytest tests/integration tests/e2e -m slow --ignore=tests/e2e/test_compose.py

fuzz: install ## odd inputs at every door; ARGS='--examples N --seed S --door NAME'
	$(BIN)/python -m tests.fuzzing $(ARGS)

test-compose: install ## builds the images, and drives the whole loop through the containers
	$(BIN)/pytest tests/e2e/test_compose.py

benchmark-training: install ## our trainer's time beside a notebook's; ARGS='--people DIR'
	TF_CPP_MIN_LOG_LEVEL=3 $(BIN)/python -m benchmarks.training $(ARGS)

benchmark-recognition: install ## names and false names beside other recipes; ARGS='--people DIR --strangers DIR --learned-strangers DIR'
	TF_CPP_MIN_LOG_LEVEL=3 $(BIN)/python -m benchmarks.recognition $(ARGS)

benchmark-serving: install ## inference beside other servers; ARGS='--people DIR --weights FILE', or drawn people
	TF_CPP_MIN_LOG_LEVEL=3 $(BIN)/python -m benchmarks.serving $(ARGS)

benchmark-reload: install ## many swaps of versions under load, some of them damaged
	TF_CPP_MIN_LOG_LEVEL=3 $(BIN)/python -m benchmarks.reload $(ARGS)

benchmark-overload: install ## slow clients, idle connections, streams and a burst, beside honest clients
	TF_CPP_MIN_LOG_LEVEL=3 $(BIN)/python -m benchmarks.overload $(ARGS)

benchmark-sealing: install ## what encryption of faces costs when samples are written and read
	$(BIN)/python -m benchmarks.sealing

benchmark-detection: install ## live detection beside a plain loop and a search of whole frames; ARGS='--video FILE...'
	$(BIN)/python -m benchmarks.detection $(ARGS)

benchmark-live: install ## many cameras through all services; ARGS='--video FILE --cameras N --minutes 10'
	TF_CPP_MIN_LOG_LEVEL=3 $(BIN)/python -m benchmarks.live $(ARGS)

chaos: install ## killed and paused processes, a lost Redis, a full disk, clock jumps, a cut network; ARGS='--seeds 20', as root for all of it
	TF_CPP_MIN_LOG_LEVEL=3 $(BIN)/python -m tests.chaos $(ARGS)

docs: install ## the site in build/site, with the table of settings and the page's types made anew; a dead link is an error
	$(BIN)/python -m tests.settings_table
	$(BIN)/python -m tests.http_types
	$(BIN)/mkdocs build --strict --quiet

screenshots: install ## the README's pictures of the page, made anew with drawn people; needs Chromium
	$(BIN)/python -m tests.screenshots

sbom: install ## build/sbom: what is in each image, in CycloneDX
	mkdir -p build/sbom
	for group in $(GROUPS); do \
		$(BIN)/cyclonedx-py requirements requirements/$$group.txt --output-format JSON \
			--output-file build/sbom/familiar-$$group.cdx.json || exit 1; \
	done

audit: install ## known holes in what is locked; asks the package index
	for group in $(GROUPS); do \
		$(BIN)/pip-audit --require-hashes --disable-pip --requirement requirements/$$group.txt || exit 1; \
	done

install: $(VENV)/installed ## .venv with everything, versions and hashes as locked

$(VENV)/installed: requirements/dev.txt pyproject.toml
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/pip install --quiet --require-hashes --requirement requirements/dev.txt
	$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

lock: ## write requirements/*.txt anew; needs uv
	for group in $(GROUPS) dev; do \
		uv pip compile pyproject.toml --extra $$group --universal --generate-hashes --upgrade --quiet \
			--no-emit-index-url --no-emit-find-links --no-annotate --custom-compile-command "make lock" \
			--output-file requirements/$$group.txt || exit 1; \
	done

clean:
	rm -rf $(VENV) node_modules build *.egg-info .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
