#!/usr/bin/env bash
# Makes .venv-checkers from requirements-checkers.lock: LinkChecker and Scrapy, which tests run as producers do.
set -euo pipefail
cd "$(dirname "$0")/.."

stamp=.venv-checkers/.rectify-lock
now=$(sha256sum <requirements-checkers.lock)
if [[ -f $stamp && $(<"$stamp") == "$now" ]]; then
    exit 0
fi
echo "安装测试用的检查工具 · installing the checkers that tests run"
.venv/bin/python -m venv --clear .venv-checkers
.venv-checkers/bin/python -m pip install --disable-pip-version-check --no-input -q --require-hashes -r requirements-checkers.lock
echo "$now" >"$stamp"
