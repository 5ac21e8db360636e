#!/bin/sh
# Builds operator.wasm with clang and lld (Debian: apt-get install clang lld).
set -e
cd "$(dirname "$0")"
clang --target=wasm32 -O2 -nostdlib -ffreestanding -Wall -Wextra \
  -Wl,--no-entry -Wl,--import-memory -Wl,--strip-all -o "${1:-operator.wasm}" operator.c
