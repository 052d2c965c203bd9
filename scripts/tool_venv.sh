#!/usr/bin/env bash
# Makes .venv-NAME from requirements-NAME.lock: for programs that want other versions than the worker.
# bench: the benchmark's other contenders; checkers: LinkChecker and Scrapy, which tests run as producers do;
# docs: what builds the site of the documents; release: what judges the things that are shipped.
set -euo pipefail
cd "$(dirname "$0")/.."

name=${1:?bench, checkers, docs or release}
venv=.venv-$name
lock=requirements-$name.lock

stamp=$venv/.rectify-lock
now=$(sha256sum <"$lock")
if [[ -f $stamp && $(<"$stamp") == "$now" ]]; then
    exit 0
fi
echo "安装 $lock · installing what it lists"
.venv/bin/python -m venv --clear "$venv"
"$venv"/bin/python -m pip install --disable-pip-version-check --no-input -q --require-hashes -r "$lock"
echo "$now" >"$stamp"
