# make demo     installs what the build needs (Debian, Ubuntu), builds, and writes demo.mp4
# make test     installs the tools that the tests need (Debian), and runs all tests; test-rust and test-python are its parts
# make test-arm     builds the library for aarch64 and runs its tests under emulation; all in target/ports/arm (Debian)
# make test-windows builds it for Windows and runs its tests in Wine; all in target/ports/windows (Debian)
# make wheel    builds a wheel of the Python package that carries libx264, in target/wheels
# make bench    installs what the peers need, runs the benches of the library, then compares it with the peers
# make peers    runs the comparison alone; PEERS="…" has its options, PYTHON=… names a Python with peers
# make peers-python compares the Python package with its peers; PEERS="…" has the options of benches/python/compare.py
# make gallery  runs the examples, whose movies go to target/gallery, and draws some frames of each in docs/gallery.png

BUILD_PACKAGES = gcc libx264-dev libclang-dev pkg-config
TEST_PACKAGES = ffmpeg x264 mediainfo chromium valgrind pango1.0-tools fonts-noto-core fonts-wqy-microhei man-db
PYTHON_PACKAGES = python3 python3-venv
PEER_PACKAGES = ffmpeg x264 g++ nasm
GALLERY_PACKAGES = ffmpeg
ARM_PACKAGES = ffmpeg

.PHONY: demo test test-rust lint-python test-python test-arm test-windows python-venv wheel bench peers peers-python gallery rust build-packages test-packages peer-packages gallery-packages

demo: build-packages
	cargo run --release --example demo -- demo.mp4

test: test-rust test-python

test-rust: build-packages test-packages
	cargo test --workspace --exclude kinetograph-python --all-features

# Another Python is named by PYTHON=…
PYTHON ?= python3
VENV = target/python

lint-python: python-venv
	$(VENV)/bin/ruff check --no-cache .
	$(VENV)/bin/ruff format --no-cache --check .
	$(VENV)/bin/mypy --cache-dir target/mypy

test-python: build-packages test-packages lint-python
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" $(VENV)/bin/pip install --quiet --no-build-isolation --no-deps --force-reinstall .
	$(VENV)/bin/pytest -p no:cacheprovider

python-venv:
	@$(call install,$(PYTHON_PACKAGES))
	[ -x $(VENV)/bin/pip ] || $(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --requirement python/tests/requirements.txt

test-arm: build-packages
	@$(call install,$(ARM_PACKAGES))
	tests/ports/arm.sh

test-windows: build-packages
	@$(call install,$(PYTHON_PACKAGES))
	tests/ports/windows.sh

wheel: build-packages python-venv
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" $(VENV)/bin/maturin build --release --auditwheel repair --out target/wheels

bench: build-packages peer-packages
	bash -o pipefail -c 'cargo bench --workspace --all-features 2>&1 | tee target/bench.txt'
	$(MAKE) peers

peers: build-packages peer-packages
	cargo build --release --package kinetograph --example waves
	cargo build --release --package kinetograph-cli
	cargo run --release --manifest-path benches/peers/Cargo.toml -- $(PEERS)

peers-python: build-packages peer-packages python-venv
	$(VENV)/bin/pip install --quiet --requirement benches/python/requirements.txt
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" $(VENV)/bin/pip install --quiet --no-build-isolation --no-deps --force-reinstall .
	cargo build --release --package kinetograph-cli
	$(VENV)/bin/python benches/python/compare.py animations $(PEERS)
	$(VENV)/bin/python benches/python/compare.py arrays $(PEERS)

gallery: build-packages gallery-packages
	cargo build --release --all-features --examples
	for example in plot heat particles svg images large live lorenz life; do target/release/examples/$$example || exit 1; done
	target/release/examples/stdout > target/gallery/stdout.mp4
	target/release/examples/contact_sheet docs/gallery.png

# The same version as rust-version in Cargo.toml. Without any cargo, installs the package of the system that has a new
# enough one: cargo-web of Debian's security updates, or cargo, or rustup, which brings the current version.
RUST = 1.89
rust:
	@is_new() { [ "$$(printf '%s\n' $(RUST) "$$1" | sort -V | head -1)" = $(RUST) ]; }; \
	candidate() { LC_ALL=C apt-cache policy $$1 | sed -n 's/^  Candidate: \([0-9][0-9.]*\).*/\1/p'; }; \
	if ! command -v cargo >/dev/null && command -v apt-get >/dev/null; then \
		as_root=; [ "$$(id -u)" = 0 ] || as_root=sudo; \
		$$as_root apt-get update -qq; \
		packages=; \
		if is_new "$$(candidate cargo-web)"; then packages='cargo-web rustc-web'; \
		elif is_new "$$(candidate cargo)"; then packages='cargo rustc'; \
		elif [ -n "$$(candidate rustup)" ]; then packages=rustup; fi; \
		[ -z "$$packages" ] || { \
			echo "There is no cargo. Installing $$packages"; \
			DEBIAN_FRONTEND=noninteractive $$as_root apt-get install -y -qq --no-install-recommends $$packages >/dev/null; }; \
		[ "$$packages" != rustup ] || rustup default stable; \
	fi; \
	found=$$(cargo --version 2>/dev/null | cut -d' ' -f2); \
	is_new "$$found" || { \
		echo "The build needs Rust $(RUST) or newer; found: $${found:-none}. https://rustup.rs installs it."; exit 1; }

build-packages: rust
	@$(call install,$(BUILD_PACKAGES))

test-packages:
	@$(call install,$(TEST_PACKAGES))

peer-packages:
	@$(call install,$(PEER_PACKAGES))

gallery-packages:
	@$(call install,$(GALLERY_PACKAGES))

# Installs those Debian packages of a list that are missing. On other systems it prints their names for the packages.
define install
	command -v dpkg-query >/dev/null || { \
		echo 'Not a Debian system. The build needs a C compiler, libx264, libclang and pkg-config:'; \
		echo '  Fedora: dnf install x264-devel clang-devel pkgconf (RPM Fusion)'; \
		echo '  Arch:   pacman -S x264 clang pkgconf'; \
		echo '  macOS:  brew install x264 llvm pkgconf'; \
		echo 'The tests need ffmpeg, the x264 program, mediainfo, Chromium, valgrind, pango-view, Noto and WenQuanYi fonts.'; \
		exit 0; }; \
	missing=; \
	for package in $(1); do \
		dpkg-query -W -f '$${Status}' $$package 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$package"; \
	done; \
	[ -z "$$missing" ] && exit 0; \
	echo "Installing$$missing"; \
	as_root=; [ "$$(id -u)" = 0 ] || as_root=sudo; \
	$$as_root apt-get update -qq && \
	DEBIAN_FRONTEND=noninteractive $$as_root apt-get install -y -qq --no-install-recommends $$missing >/dev/null
endef
