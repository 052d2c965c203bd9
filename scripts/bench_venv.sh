#!/usr/bin/env bash
# Makes .venv-bench from requirements-bench.lock for the contenders that want other versions than the worker.
set -euo pipefail
cd "$(dirname "$0")/.."

stamp=.venv-bench/.rectify-lock
now=$(sha256sum <requirements-bench.lock)
if [[ -f $stamp && $(<"$stamp") == "$now" ]]; then
    exit 0
fi
echo "安装基准对照程序的依赖 · installing what the benchmark's other contenders need"
.venv/bin/python -m venv --clear .venv-bench
.venv-bench/bin/python -m pip install --disable-pip-version-check --no-input -q --require-hashes -r requirements-bench.lock
echo "$now" >"$stamp"
