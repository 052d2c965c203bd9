#!/usr/bin/env bash
# The images that the Dockerfile and docker-compose.yml name, each with the digest that its registry gives for it today:
# `IMAGE@sha256:...`, or `IMAGE  # why not`. A digest comes from the registry or is not there.
set -euo pipefail
cd "$(dirname "$0")/.."

named() {
    sed -n 's/^ARG PYTHON=\(.*\)$/\1/p' Dockerfile
    sed -n 's/^ *image: \([^ ]*\)$/\1/p' docker-compose.yml | { grep -v '^rectify:' || true; }
}
for image in $(named | sort -u); do
    if ! command -v docker >/dev/null; then
        echo "$image  # no docker client to ask its registry with"
    elif answer=$(timeout 60 docker buildx imagetools inspect --format '{{.Manifest.Digest}}' "$image" 2>&1) &&
        [[ $answer =~ ^sha256:[0-9a-f]{64}$ ]]; then
        echo "$image@$answer"
    else
        echo "$image  # its registry could not be asked: $(tail -n 1 <<<"$answer")"
    fi
done
