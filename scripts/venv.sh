#!/usr/bin/env bash
# Makes .venv: `scripts/venv.sh run` with what the program needs, `dev` with the development tools, too; anew only when
# their lock or pyproject.toml has changed. Where there are tools, `run` is content with them.
set -euo pipefail
cd "$(dirname "$0")/.."

want=${1:?run or dev}
declare -A locks=([run]=requirements.lock [dev]=requirements-dev.lock)
lock=${locks[$want]}
stamp=.venv/.rectify-lock
state_of() { echo "$1 $(cat "${locks[$1]}" pyproject.toml | sha256sum)"; }
if [[ -f $stamp ]]; then
    there=$(<"$stamp")
    if [[ $there == "$(state_of "$want")" || $there == "$(state_of dev)" ]]; then
        exit 0
    fi
fi

is_new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

if [[ -e .venv ]] && ! is_new_enough .venv/bin/python; then
    rm -rf .venv
fi
if [[ ! -x .venv/bin/pip ]]; then
    command -v python3 >/dev/null || scripts/system.sh venv
    python=
    for name in python3 python3.13 python3.12 python3.11; do
        if is_new_enough "$name"; then
            python=$name
            break
        fi
    done
    if [[ -z $python ]]; then
        echo "需要 Python 3.11 以上（Debian 12、Ubuntu 24.04 自带）· Python 3.11 or newer is needed; found $(python3 --version)" >&2
        exit 1
    fi
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        if [[ $python == python3 ]]; then
            scripts/system.sh venv
        else
            echo "缺少 $python-venv，请先安装 · please install first: sudo apt-get install $python-venv" >&2
            exit 1
        fi
    fi
    echo "创建虚拟环境 .venv · making the virtual environment"
    "$python" -m venv --clear .venv
fi

echo "安装 Python 依赖（$(grep -c '==' "$lock") 个）· installing the Python packages"
log=.venv/install.log
if ! .venv/bin/python -m pip install --disable-pip-version-check --no-input --progress-bar off --require-hashes \
    -r "$lock" 2>&1 | tee "$log" | sed -un 's/^ *Downloading \([^-]*\)-.* (\(.* MB\)).*/  \1 \2/p'; then
    tail -n 15 "$log" >&2
    exit 1
fi
if ! .venv/bin/python -m pip install --disable-pip-version-check --no-input -q --no-deps --no-build-isolation -e . >"$log" 2>&1; then
    tail -n 15 "$log" >&2
    exit 1
fi
state_of "$want" >"$stamp"
echo "虚拟环境就绪 · .venv is ready"
