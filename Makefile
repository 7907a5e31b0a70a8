# Every target has its sentence; `make` prints them.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

TESTS = $(shell find dist/test -name '*.test.js' -not -path '*/peers/*' | sort)
# The runner's own default leaves one core idle.
NODE_TEST = NO_COLOR=1 TZ=UTC LC_ALL=C node --test --test-reporter=spec --test-concurrency=$$(node -p 'os.availableParallelism()')
PEERS = $(shell find dist/test/peers -name '*.test.js' 2>/dev/null | sort)

.PHONY: help setup build lint format test fuzz demo bench peers check clean

help: ## print the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):[^#]*## */\1\t/' | awk -F'\t' '{ printf "  %-8s %s\n", $$1, $$2 }'

setup: node_modules/.package-lock.json ## install the npm packages exactly as locked

node_modules/.package-lock.json: package.json package-lock.json
	@npm ci --no-audit --no-fund
	@touch $@

build: setup ## compile src, scripts and test into dist
	@npx --no-install tsc -b
	@chmod +x dist/cli/main.js

lint: build ## types, oxlint, formatting, shellcheck of the kit where it is installed
	@npx --no-install oxlint --type-aware --deny-warnings src scripts test
	@npx --no-install prettier --check --log-level warn .
	@if command -v shellcheck > /dev/null; then shellcheck -x kit/*.sh scripts/*.sh test/peers/*.sh .ci/run; else echo 'shellcheck is not installed (Debian package shellcheck): kit not linted'; fi

format: setup ## rewrite files as the formatter wants them
	@npx --no-install prettier --write --log-level warn .

test: build ## unit, protocol, kit and end-to-end tests
	@$(NODE_TEST) $(TESTS)

fuzz: build ## a hundred thousand damaged streams of assertions, none of which may be accepted (make test tries some thousands)
	@NO_COLOR=1 TZ=UTC LC_ALL=C FUZZ=50000 FUZZ_SEED=$${FUZZ_SEED:-$$RANDOM} node --test --test-reporter=spec dist/test/unit/assertion/fuzz.test.js

demo: build ## build a small world, serve it, pack from it, unpack with the network cut, run deploy.sh
	@bash scripts/demo.sh

bench: build ## measured ratios against the floor, skopeo and docker, side by side in one run (docs/benchmarks.md)
	@node dist/scripts/bench/run.js

peers: build ## tests against real servers and engines (installs their Debian packages when root)
	@bash scripts/install-peers.sh
	@NO_COLOR=1 TZ=UTC LC_ALL=C node --test --test-reporter=spec $(PEERS)

check: lint test ## what CI runs

clean: ## remove what was built
	@rm -rf dist build
