#!/usr/bin/env bash
# What is shipped, into dist/: sdist and wheel, the same bytes for the same commit wherever they are built; what is in an
# installation and whose licences (CycloneDX), base images, release notes, checksums. It tags and uploads nothing.
#   scripts/release.sh         all of it
#   scripts/release.sh build   sdist and wheel alone
# DIST=folder instead of dist/
set -euo pipefail
cd "$(dirname "$0")/.."
umask 022

dist=${DIST:-dist}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
if [[ -n $(git status --porcelain --untracked-files=no) ]]; then
    echo "工作区有未提交的修改，也打包在内 · what is not committed is in it, too" >&2
fi

rm -rf "$dist"
mkdir -p "$dist" "$work/source" "$work/raw"
git ls-files -z streams notifiers schemas pyproject.toml README.md LICENSE CHANGELOG.md |
    tar --create --null --files-from=- --mode='u=rwX,go=rX' | tar --extract --directory="$work/source"
echo "打包 · building sdist and wheel"
.venv/bin/python -m build --no-isolation --sdist --outdir "$work/raw" "$work/source" >"$work/log" 2>&1 || { tail -n 15 "$work/log" >&2; exit 1; }
# setuptools gives the archive the time of the build and the builder's name.
sdist=$(basename "$work"/raw/*.tar.gz)
tar --extract --file="$work/raw/$sdist" --directory="$work/raw"
tar --create --directory="$work/raw" --format=gnu --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner \
    --mode='u=rwX,go=rX' "${sdist%.tar.gz}" | gzip --no-name --best >"$dist/$sdist"
tar --extract --file="$dist/$sdist" --directory="$work"
.venv/bin/python -m build --no-isolation --wheel --outdir "$dist" "$work/${sdist%.tar.gz}" >"$work/log" 2>&1 || { tail -n 15 "$work/log" >&2; exit 1; }

if [[ ${1:-all} != build ]]; then
    echo "装入空环境 · installing into an empty environment"
    .venv/bin/python -m venv "$work/env"
    "$work/env/bin/pip" install --disable-pip-version-check --no-input -q --require-hashes -r requirements.lock
    "$work/env/bin/pip" install --disable-pip-version-check --no-input -q --no-deps --no-index "$dist"/*.whl
    "$work/env/bin/pip" check
    "$work/env/bin/rectify" --version
    "$work/env/bin/pip" uninstall -q -y pip # the environment's own, not shipped
    scripts/tool_venv.sh release
    .venv-release/bin/cyclonedx-py environment --output-reproducible --pyproject pyproject.toml --mc-type application \
        --output-file "$dist/sbom-python.cdx.json" "$work/env/bin/python"
    echo "Kafka 的 jar · Kafka's jars"
    cp streams/local/broker/pom.xml "$work/pom.xml"
    mvn -B -q -f "$work/pom.xml" org.cyclonedx:cyclonedx-maven-plugin:2.9.1:makeBom -DoutputFormat=json -DoutputDirectory="$work" \
        -DoutputName=bom -DoutputReactorProjects=false -DincludeBomSerialNumber=false -Dproject.build.outputTimestamp="$SOURCE_DATE_EPOCH"
    cp "$work/bom.json" "$dist/sbom-kafka.cdx.json"
    .venv/bin/python scripts/licences.py "$dist"/sbom-*.cdx.json
    scripts/images.sh >"$dist/images.txt"
    .venv/bin/python scripts/notes.py >"$dist/NOTES.md"
fi
(cd "$dist" && sha256sum -- * >"$work/sums" && mv "$work/sums" SHA256SUMS)
ls -l "$dist"
