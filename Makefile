# What a developer and the continuous integration run. `make` alone says what there is.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# Release binaries carry the Swift runtime with them: a host needs nothing but Debian's own libraries.
RELEASE := swift build -c release --static-swift-stdlib
SCRIPTS := $(shell git ls-files '*.sh' '*.bash' '*.bats' .ci/run Tests/Shell/programs 2>/dev/null | grep -v '\.py$$')

.PHONY: help build man demo test test-python test-shell lint bench bench-grouping bench-history crash fuzz simulate analysis-accuracy \
	json-suite openrpc install uninstall deb pack test-systemd deps bench-deps deb-deps clean

help: ## Says what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

# Scripts start `mend` thousands of times: without a dynamic loader it starts in two thirds of the time.
build: deps ## Builds release binaries: .build/release/mendd and .build/release/mend
	$(RELEASE) --product mendd
	$(RELEASE) --product mend -Xswiftc -static-executable --scratch-path .build-mend
	cp .build-mend/release/mend .build/release/mend
	@mkdir -p .build/completions && cd .build/completions && for file in bash:mend.bash zsh:_mend fish:mend.fish; do \
		../release/mend completions "$${file%%:*}" >"$${file#*:}" 2>/dev/null || rm "$${file#*:}"; \
	done

man: build ## Writes the manual pages: .build/man/man1/mend.1, one for each command, mendd.8, mend.yaml.5
	@Tests/Support/install.sh python3
	rm -rf .build/man
	man/pages.py .build/release systemd/mend.yaml .build/man

demo: build ## Shows the main job on real failures, on a private socket
	Tests/Demo/demo.sh .build/release

# The real binaries are tried one after the other: many at a time would measure the machine's patience.
test: deps lint ## Runs everything: the linters, all tests, the demo
	swift build --build-tests
	swift test --skip-build --skip EndToEnd
	swift test --skip-build --no-parallel --filter EndToEnd
	$(MAKE) --no-print-directory demo
	$(MAKE) --no-print-directory test-python
	$(MAKE) --no-print-directory test-shell
	Tests/Documents/readme.sh .build/release
	Tests/Documents/recipes.sh .build/release
	Tests/Documents/completions.sh .build/release
	$(MAKE) --no-print-directory man
	Tests/Documents/man.sh .build/release .build/man
	Tests/Documents/install.sh
	Tests/Faults/disk-full.sh .build/release
	$(MAKE) --no-print-directory crash CRASH_ARGS=--quick
	$(MAKE) --no-print-directory test-systemd

# Debian's own Python, which has what the tests need. Its release 12 has no ruff: that one comes from PyPI, pinned, and is
# left out, with a line that says so, where PyPI cannot be reached.
RUFF := .build-ruff-0.8.4/bin/ruff
test-python: build ## Lints and checks the Python client, and tests it on the real daemon (PYTHON=/usr/bin/python3)
	@Tests/Support/install.sh python3-pytest python3-jsonschema python3-venv mypy
	@[ -x $(RUFF) ] || { /usr/bin/python3 -m venv $(dir $(RUFF:/bin/ruff=/)) \
		&& $(dir $(RUFF))pip --quiet --retries 1 --timeout 20 install ruff==0.8.4; } \
		|| echo "ruff is skipped: PyPI cannot be reached, and Debian 12 does not have it"
	cd clients/python && { [ ! -x ../../$(RUFF) ] || { ../../$(RUFF) check && ../../$(RUFF) format --check; }; }
	cd clients/python && /usr/bin/mypy
	cd clients/python && $(or $(PYTHON),/usr/bin/python3) -m pytest --quiet

# The shells are Debian's own, and so is what runs the tests.
test-shell: build ## Runs the examples as they are written, and clients/shell/mend.sh in bash, dash and busybox
	@Tests/Support/install.sh bats bash dash busybox curl jq socat python3
	BINARIES="$(CURDIR)/.build/release" bats Tests/Shell

lint: deps ## Formatting and shell scripts
	swift format lint --strict --recursive Package.swift Sources Tests Benchmarks clients
	shellcheck $(SCRIPTS)

bench: build bench-deps ## Measures Mend beside Redis, beanstalkd, SQLite and a bare echo (BENCH_ARGS="--rows B1,B4 --quick")
	$(RELEASE) --product mend-bench
	.build/release/mend-bench $(BENCH_ARGS)

bench-grouping: deps ## Measures grouping on messages whose templates are known (DATA=DIR with NAME.csv: template,message)
	$(RELEASE) --product mend-grouping
	.build/release/mend-grouping "$(DATA)"

bench-history: deps ## Fills a state with a million reports, and measures what is asked about them (HISTORY_ARGS="--cost")
	$(RELEASE) --product mend-history
	.build/release/mend-history $(HISTORY_ARGS)

# The daemon is built as a host would have it; the library makes a disk that forgets what was not synced.
crash: build ## Kills and starves the real daemon, and compares with what clients were told (CRASH_ARGS="--only R1 --kills 20")
	$(RELEASE) --product mend-crash
	gcc -O2 -Wall -Wextra -Werror -shared -fPIC -o .build/release/unsynced.so Tests/Faults/unsynced.c
	.build/release/mend-crash $(CRASH_ARGS)

fuzz: deps ## Fuzzes the wire and the engine, for FUZZ_SECONDS each (60) or until FUZZ_RUNS lines each
	FUZZ_SECONDS="$(FUZZ_SECONDS)" FUZZ_RUNS="$(FUZZ_RUNS)" Tests/Fuzz/fuzz.sh

# SEEDS, FROM and STEPS are the command's own options.
simulate: deps ## Runs the engine in virtual time, with crashes at every commit, from SEEDS seeds (1000; FROM=1 STEPS=300)
	$(RELEASE) --product mend-simulate
	.build/release/mend-simulate --seeds $(or $(SEEDS),1000) --from $(or $(FROM),1) --steps $(or $(STEPS),300)

analysis-accuracy: deps ## Prints how well planted incidents are found on synthetic days, and what is told on quiet ones
	MEND_ACCURACY=1 swift test --filter AnalystTests 2>&1 \
		| grep -E '^(synthetic|kind|anomalies on|all |[a-z_]+ +[0-9])|recorded an issue|Test run with'

json-suite: deps ## Runs a public suite of JSON texts (SUITE=DIR with y_*.json, n_*.json, i_*.json) through the parser
	JSON_SUITE="$(abspath $(SUITE))" swift test --filter JSONSuiteTests

# Where things go, as the GNU coding standards name it. Configuration is read from /etc wherever the programs are.
DESTDIR :=
PREFIX := /usr/local
BINARIES := .build/release
UNITS := $(if $(filter /usr,$(PREFIX)),$(or $(shell pkg-config --variable=systemdsystemunitdir systemd),/usr/lib/systemd/system),$(PREFIX)/lib/systemd/system)
# What an earlier systemd would only complain of.
SYSTEMD := $(shell systemctl --version 2>/dev/null | awk 'NR == 1 { print $$2 }')
# Manual pages and completions, where they have been made.
MANUALS = $(wildcard .build/man/man?/*)
COMPLETIONS = $(wildcard .build/completions/mend.bash .build/completions/_mend .build/completions/mend.fish)

# All that is installed: mode, source, target, for both `install` and `uninstall`.
define INSTALLED
755 $(BINARIES)/mendd $(PREFIX)/bin/mendd
755 $(BINARIES)/mend $(PREFIX)/bin/mend
644 systemd/mend.socket $(UNITS)/mend.socket
644 systemd/mend-guest.socket $(UNITS)/mend-guest.socket
644 systemd/mend.service $(UNITS)/mend.service
644 systemd/mend-report@.service $(UNITS)/mend-report@.service
644 systemd/mend-report-spool.service $(UNITS)/mend-report-spool.service
644 systemd/mend-journal.service $(UNITS)/mend-journal.service
644 systemd/mend-undo@.service $(UNITS)/mend-undo@.service
644 systemd/mend-worker@.service $(UNITS)/mend-worker@.service
644 systemd/failure-reports/exempt.conf $(UNITS)/mend.service.d/10-mend-report.conf
644 systemd/failure-reports/exempt.conf $(UNITS)/mend-report@.service.d/10-mend-report.conf
644 systemd/failure-reports/exempt.conf $(UNITS)/mend-report-spool.service.d/10-mend-report.conf
644 systemd/failure-reports/exempt.conf $(UNITS)/mend-journal.service.d/10-mend-report.conf
644 systemd/failure-reports/service.d/10-mend-report.conf $(PREFIX)/share/mend/failure-reports/10-mend-report.conf
644 systemd/mend.sysusers.conf $(PREFIX)/lib/sysusers.d/mend.conf
644 systemd/mend.tmpfiles.conf $(PREFIX)/lib/tmpfiles.d/mend.conf
644 systemd/mend.catalog $(PREFIX)/lib/systemd/catalog/mend.catalog
644 clients/shell/mend.sh $(PREFIX)/share/mend/mend.sh
644 systemd/mend.yaml $(PREFIX)/share/doc/mend/examples/mend.yaml
644 protocol/PROTOCOL.md $(PREFIX)/share/doc/mend/protocol/PROTOCOL.md
644 protocol/RULES.md $(PREFIX)/share/doc/mend/protocol/RULES.md
644 protocol/openrpc.json $(PREFIX)/share/doc/mend/protocol/openrpc.json
644 README.md $(PREFIX)/share/doc/mend/README.md
$(if $(shell [ "$(SYSTEMD)" -ge 254 ] 2>/dev/null && echo yes),644 systemd/restart-delays.conf $(UNITS)/mend.service.d/20-restart-delays.conf)
$(foreach page,$(MANUALS),644 $(page) $(PREFIX)/share/man/man$(subst .,,$(suffix $(page)))/$(notdir $(page))$(LINE))
$(foreach file,$(COMPLETIONS),644 $(file) $(PREFIX)/share/$(call completion,$(notdir $(file)))$(LINE))
endef
define LINE


endef
completion = $(or $(if $(filter mend.bash,$1),bash-completion/completions/mend), \
	$(if $(filter _mend,$1),zsh/$(if $(filter /usr,$(PREFIX)),vendor-completions,site-functions)/_mend),fish/vendor_completions.d/$1)
export INSTALLED

# Units name the programs where they are installed, and manual pages the documents.
install: ## Installs what `make build` has built: DESTDIR= PREFIX=/usr/local
	@while read -r mode source target; do \
		[ -n "$$mode" ] || continue; \
		install -D -m "$$mode" "$$source" "$(DESTDIR)$$target"; \
		[[ $$source != @(systemd/*.service|.build/man/*) ]] || sed -i -e 's#/usr/bin/mend#$(PREFIX)/bin/mend#g' \
			-e 's#/usr/share/doc/mend#$(PREFIX)/share/doc/mend#g' "$(DESTDIR)$$target"; \
	done <<<"$$INSTALLED"
	@[ -n "$(DESTDIR)" ] || echo "Installed. Now: systemd-sysusers && systemd-tmpfiles --create && systemctl daemon-reload" \
		"&& systemctl enable --now mend.socket mend.service"

uninstall: ## Removes what `make install` has installed, with the same DESTDIR= and PREFIX=; the state stays
	@while read -r _ _ target; do \
		[ -n "$$target" ] || continue; \
		rm -f "$(DESTDIR)$$target"; \
		rmdir --ignore-fail-on-non-empty "$$(dirname "$(DESTDIR)$$target")" 2>/dev/null || true; \
	done <<<"$$INSTALLED"
	@for folder in doc/mend mend; do rmdir "$(DESTDIR)$(PREFIX)/share/$$folder" 2>/dev/null || true; done

# As Debian builds it, from what `make build` has built; lintian's errors are ours.
deb: build man deb-deps ## Makes a Debian package of daemon, client and units: .build/deb/mend_VERSION_ARCH.deb
	$(MAKE) --no-print-directory pack

pack: # The same from binaries that are there: BINARIES=
	@version=$$(sed -n 's/.*current = "\(.*\)"/\1/p' Sources/MendProtocol/Version.swift); \
	[ "$$(dpkg-parsechangelog -S Version)" = "$$version" ] || { \
		echo "debian/changelog is not of version $$version" >&2; exit 1; }
	rm -rf .build/deb && mkdir -p .build/deb
	debian/rules clean binary OUTPUT=$(CURDIR)/.build/deb BINARIES=$(abspath $(BINARIES)) >.build/deb/log 2>&1 \
		|| { cat .build/deb/log; exit 1; }
	debian/rules clean >/dev/null
	lintian --fail-on error --tag-display-limit 0 .build/deb/*.deb
	@ls .build/deb/*.deb

openrpc: ## Writes protocol/openrpc.json anew from the method types
	swift run mendd --openrpc > protocol/openrpc.json

deps:
	@Tests/Support/install.sh libsqlite3-dev libsystemd-dev pkg-config systemd curl jq socat strace shellcheck gcc zsh fish mandoc man-db

test-systemd: ## Installs the package under a real systemd, and tries it there; only as root (CASES="activation worker")
	@[ "$$(id -u)" -ne 0 ] || $(MAKE) --no-print-directory deb
	systemd/test/test.sh $(CASES)

deb-deps:
	@Tests/Support/install.sh debhelper lintian pkg-config systemd adduser dbus jq python3 gcc

bench-deps:
	@Tests/Support/install.sh redis-server beanstalkd postgresql gcc

clean: ## Removes what was built
	rm -rf .build .build-mend .build-fuzz .build-ruff-*
