#!/usr/bin/env bash
# The offline bundle, for a network without a way out: dist/rectify-VERSION-offline-ARCH.tar, with what install.sh puts
# together where nothing can be downloaded. Needs `make release` before it.
#   PYTHONS="3.11 3.13"  wheels for these;  ARCH=aarch64  for that processor
set -euo pipefail
cd "$(dirname "$0")/.."
umask 022

dist=${DIST:-dist}
arch=${ARCH:-$(uname -m)}
read -ra pythons <<<"${PYTHONS:-3.11 3.12 3.13}"
wheel=$(basename "$dist"/rectify-*.whl)
version=$(cut -d- -f2 <<<"$wheel")
name=rectify-$version-offline-$arch
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bundle=$work/$name
mkdir -p "$bundle/wheels" "$bundle/kafka"

for python in "${pythons[@]}"; do
    echo "下载 Python $python 的包 · fetching the packages for Python $python, $arch"
    .venv/bin/pip download -q --disable-pip-version-check --no-input --no-deps --only-binary :all: --require-hashes -r requirements.lock \
        --python-version "$python" --platform "manylinux2014_$arch" --platform "manylinux_2_17_$arch" --platform "manylinux_2_28_$arch" \
        --dest "$bundle/wheels"
done
.venv/bin/python -m streams.local.jars
cp "${XDG_CACHE_HOME:-$HOME/.cache}"/rectify/kafka-*/lib/* "$bundle/kafka/"

cp "$dist/$wheel" requirements.lock scripts/install.sh LICENSE CHANGELOG.md "$bundle/"
cp "$dist/images.txt" "$dist"/sbom-*.cdx.json "$bundle/"
cp -r docs deploy docker-compose.yml "$bundle/"
(cd "$bundle" && find . -type f ! -name SHA256SUMS -print0 | sort -z | xargs -0 sha256sum >SHA256SUMS)
tar --create --file="$dist/$name.tar" --directory="$work" --format=gnu --sort=name --owner=0 --group=0 --numeric-owner \
    --mtime="@${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}" "$name"
(cd "$dist" && sha256sum -- "$name.tar" >>SHA256SUMS)
ls -l "$dist/$name.tar"
