# One entrance for everything a person does with this repository. The work is in scripts/.
# Every target builds the same selection (`--workspace`) in the same profile, so that nothing is compiled twice.

.DEFAULT_GOAL := help
.PHONY: help setup run receiver send test bench fuzz fmt lint

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

setup: ## Install what this machine lacks: packages, toolchain, target
	@scripts/setup

run: ## Build and run the gateway with examples/first and a receiver; Ctrl-C stops both
	@scripts/run

receiver: ## Run the example's receiver alone, e.g. make receiver ARGS="--fail-first 2"
	@scripts/receiver $(ARGS)

send: ## Post a signed GitHub pull_request to the running example
	@examples/first/send.sh

test: ## Run every test
	@scripts/test

bench: ## Measure; `make bench ARGS="client"` for a part, ARGS="--quick" for a look
	@scripts/bench $(ARGS)

fuzz: ## Fuzz under cargo-fuzz where a nightly toolchain is, e.g. make fuzz ARGS="filter 60"
	@scripts/fuzz $(ARGS)

fmt: ## Format everything
	@scripts/each fmt

lint: ## Formatting, clippy and documentation, warnings as errors
	@scripts/each fmt --check
	@scripts/each clippy
	@scripts/each doc
