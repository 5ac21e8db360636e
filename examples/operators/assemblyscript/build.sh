#!/bin/sh
# Builds operator.wasm with the AssemblyScript compiler.
set -e
cd "$(dirname "$0")"
npx asc operator.ts --optimize --runtime stub --importMemory --use abort= --outFile "${1:-operator.wasm}"
