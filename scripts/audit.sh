#!/usr/bin/env bash
# What is shipped or written down that should not be: known vulnerabilities, secrets in the repository. A database of
# vulnerabilities that cannot be reached is said and is no failure; a vulnerability or a secret that is found is one.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/tool_venv.sh release
tools=.venv-release/bin
log=$(mktemp)
trap 'rm -f "$log"' EXIT
failed=0

# No installing: the lock says all of it. Its newest database is behind the index, which may be a mirror that has none.
if $tools/pip-audit --disable-pip --require-hashes -r requirements.lock -f json --progress-spinner off >"$log" 2>"$log.err"; then
    found=0
else
    found=$?
fi
# Of one that was found today a change of today is not to blame: CI says it and goes on, a release stops for it.
.venv/bin/python scripts/vulnerabilities.py "$log" "$log.err" "$found" || failed=$([[ ${CI:-} == true ]] && echo 0 || echo 1)

# Tokens of clouds and forges, private keys. Words like `password = ...` and user:password@ are in tests, which have
# servers that live for a test; whether a setting's default holds a secret is tests/contract's business.
git ls-files -z | grep -zv -e '\.lock$' -e '\.min\.js$' -e '/__snapshots__/' |
    xargs -0 $tools/detect-secrets-hook --no-verify --disable-plugin HexHighEntropyString --disable-plugin Base64HighEntropyString \
        --disable-plugin KeywordDetector --disable-plugin BasicAuthDetector >"$log" && echo "密钥扫描：没有发现 · secrets: none found" ||
    { cat "$log"; failed=1; }
exit $failed
