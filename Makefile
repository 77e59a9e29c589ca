# Stampede's commands. `make help` lists them; each installs what it needs and does nothing that is already done.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

GO       ?= go
NPM      ?= npm --no-audit --no-fund --loglevel=error
CACHE    := $(CURDIR)/.cache
GOLANGCI := $(CACHE)/bin/golangci-lint-2.15.0
GOVULNCHECK := $(CACHE)/bin/govulncheck-1.9.0

GO_FILES     := $(shell find model migrations graph server client/client.go -name '*.go' -not -name '*_test.go') \
                $(wildcard migrations/*.sql) go.mod go.sum
STRESS_FILES := $(shell find stress -type f -not -name '*_test.go') go.mod go.sum
CLIENT_MADE  := client/src/gql client/src/shared/ui/inter
CLIENT_FILES := $(shell find client/src client/public client/scripts -type f $(CLIENT_MADE:%=-not -path '%/*') 2>/dev/null) \
                $(wildcard client/*.html client/*.ts client/*.js client/tsconfig*.json) client/package-lock.json

# npm writes this file last: it is as new as what is installed.
CLIENT_MODULES   := client/node_modules/.package-lock.json
POSTGRES_MODULES := tools/postgres/node_modules/.package-lock.json
API_MODULES      := tools/api/node_modules/.package-lock.json

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: run
run: bin/stampede postgres ## Build what changed and open a demo shop with its own PostgreSQL in .data/
	@DEMO=$${DEMO:-true} ./bin/stampede

.PHONY: stress
stress: bin/stress bin/stampede postgres ## Play a rush against a server of its own and judge it; writes bin/stress.html
	./bin/stress run rush -report bin/stress.html

.PHONY: test
test: generated test-go test-client test-api test-stress test-e2e ## Everything: generated code in sync, Go, client, API, stress, browser

.PHONY: test-go
test-go: postgres client/dist/index.html cc ## Go tests with the race detector, on a real PostgreSQL
	$(GO) run ./server/pg/pgtest/cluster $(GO) test -race -timeout 10m ./...

.PHONY: test-client
test-client: $(CLIENT_MODULES) ## The client's unit tests
	cd client && $(NPM) test

.PHONY: test-api
test-api: bin/stampede postgres $(API_MODULES) ## The GraphQL over HTTP audit and the snippets of docs/api.md, against the real server
	cd tools/api && $(NPM) test

.PHONY: test-stress
test-stress: bin/stress bin/stampede postgres ## A stranger's judgement of short sales, on one real server and on two: all of it mixed, kills and freezes under way
	./bin/stress run mixed -report bin/stress-mixed.html
	./bin/stress run mixed -servers 2 -report bin/stress-mixed-2.html
	./bin/stress run crash -rate 300 -duration 6s -report bin/stress-crash.html
	./bin/stress run crash -servers 2 -rate 300 -duration 6s -report bin/stress-crash-2.html
	./bin/stress run freeze -servers 2 -duration 8s -report bin/stress-freeze-2.html

.PHONY: test-e2e
test-e2e: bin/stampede postgres $(CLIENT_MODULES) ## The page in a real browser, against the real server
	cd client && CHROMIUM="$$(node scripts/chromium.mjs)" && export CHROMIUM && $(NPM) run e2e

.PHONY: screens
screens: bin/stampede postgres $(CLIENT_MODULES) ## Take the pictures of the page: client/screens/out, docs/screens
	cd client && CHROMIUM="$$(node scripts/chromium.mjs)" && export CHROMIUM && $(NPM) run screens

.PHONY: bench
bench: bin/stampede postgres ## Measure the purchase engine and its rivals, side by side (17 min); writes docs/bench. Let nothing else run
	$(GO) run ./tools/bench -out docs/bench

.PHONY: bench-live
bench-live: bin/stampede postgres ## Measure live stock and its rivals, side by side (8 min); writes docs/bench. Let nothing else run
	$(GO) run ./tools/bench -live -out docs/bench

.PHONY: hostile
hostile: bin/stampede postgres ## Send every bad input, 1 000 a second, beside a sale (2 min). Let nothing else run
	$(GO) run ./tools/hostile

.PHONY: fuzz
fuzz: ## Look for documents that cost too much to read, for FUZZ_FOR (10m); the dearest is in bin/fuzz-slowest.txt
	mkdir -p bin
	FUZZ_SLOWEST=$(CURDIR)/bin/fuzz-slowest.txt \
		$(GO) test ./graph/transport -run '^$$' -fuzz FuzzADocumentCostsLittle -fuzztime $(or $(FUZZ_FOR),10m) \
		-fuzzminimizetime 10x -parallel 1 2>&1 | tee bin/fuzz.txt
	@# Before 1.27, Go may take the end of the time for a failure (golang/go#75804).
	@! grep -q ^FAIL bin/fuzz.txt || grep -q '^ *context deadline exceeded$$' bin/fuzz.txt
	@echo "The dearest document cost $$(head -n 1 bin/fuzz-slowest.txt) of the processor."

.PHONY: audit
audit: $(GOVULNCHECK) ## Known holes in what ships, and whether it is what the lock files say; what cannot be checked is no pass
	$(GO) run ./tools/audit -govulncheck $(GOVULNCHECK)

.PHONY: sbom
sbom: bin/stampede $(CLIENT_MODULES) $(POSTGRES_MODULES) ## What is in the binary, the page and beside them, as CycloneDX: bin/sbom/
	mkdir -p bin/sbom
	$(GO) run github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.10.0 bin -json -output bin/sbom/server.cdx.json bin/stampede
	cd client && npm sbom --omit=dev --sbom-format=cyclonedx > ../bin/sbom/client.cdx.json
	cd tools/postgres && npm sbom --sbom-format=cyclonedx > ../../bin/sbom/postgres.cdx.json

.PHONY: lint
lint: $(GOLANGCI) $(CLIENT_MODULES) ## Formatting, the house's arrows, mistakes; vets for macOS too
	$(GOLANGCI) run
	GOOS=darwin GOARCH=arm64 CGO_ENABLED=0 $(GO) vet ./...
	cd client && $(NPM) run lint

.PHONY: build
build: bin/stampede ## bin/stampede: one binary with the built client inside

.PHONY: generate
generate: $(CLIENT_MODULES) ## Write the generated code again, from graph/schema.graphqls
	$(GO) tool gqlgen generate
	cd client && $(NPM) run generate

.PHONY: generated
generated: # The generated Go code is what the schema says
	@before=$$(cat graph/*.go | cksum); $(GO) tool gqlgen generate && \
	if [ "$$before" != "$$(cat graph/*.go | cksum)" ]; then \
		echo "The generated code in graph/ was not in sync with the schema. It is now: commit it." >&2; exit 1; fi

.PHONY: postgres
postgres: $(POSTGRES_MODULES) ## Install the pinned PostgreSQL 18 binaries below tools/postgres

.PHONY: clean
clean: ## Remove what was built; keeps .data/
	rm -rf bin .cache client/node_modules tools/postgres/node_modules tools/api/node_modules $(CLIENT_MADE)
	find client/dist -mindepth 1 -not -name .keep -delete

# The race detector needs a C compiler.
.PHONY: cc
cc:
	@command -v cc >/dev/null || command -v gcc >/dev/null || \
	{ [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq && apt-get install -y -qq gcc libc6-dev; } || \
	{ echo "The race detector needs a C compiler: install gcc or clang." >&2; exit 1; }

bin/stampede: $(GO_FILES) client/dist/index.html
	CGO_ENABLED=0 $(GO) build -trimpath -o $@ ./server

bin/stress: $(STRESS_FILES)
	CGO_ENABLED=0 $(GO) build -trimpath -o $@ ./stress

client/dist/index.html: $(CLIENT_FILES) graph/schema.graphqls $(CLIENT_MODULES)
	cd client && $(NPM) run build
	@touch $@

$(CLIENT_MODULES): client/package.json client/package-lock.json
	cd client && $(NPM) ci
	@touch $@

$(POSTGRES_MODULES): tools/postgres/package.json tools/postgres/package-lock.json
	cd tools/postgres && $(NPM) ci
	@touch $@

$(API_MODULES): tools/api/package.json tools/api/package-lock.json
	cd tools/api && $(NPM) ci
	@touch $@

$(GOLANGCI):
	GOBIN=$(CACHE)/bin $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
	mv $(CACHE)/bin/golangci-lint $@

$(GOVULNCHECK):
	GOBIN=$(CACHE)/bin $(GO) install golang.org/x/vuln/cmd/govulncheck@v1.9.0
	mv $(CACHE)/bin/govulncheck $@
