#!/bin/sh
# 离线安装 · Installs what lies beside it; asks nothing of any network.
#   ./install.sh            装到 /opt/rectify-版本，并把 /opt/rectify 指向它
#   ./install.sh 目录       装到“目录-版本”，并把“目录”指向它；升级也是这样：旧版本留在原处
# PYTHON=python3.12 ./install.sh 指定 Python
set -eu
here=$(cd "$(dirname "$0")" && pwd)
link=${1:-/opt/rectify}
umask 022

fail() {
    echo "$1" >&2
    exit 1
}

(cd "$here" && sha256sum --check --quiet SHA256SUMS) ||
    fail "文件与 SHA256SUMS 不符，请重新复制安装包 · files differ from SHA256SUMS: copy the bundle again"
wheel=$(ls "$here"/rectify-*.whl)
version=$(basename "$wheel" | cut -d- -f2)
folder=$link-$version
if [ -e "$link" ] && [ ! -L "$link" ]; then
    fail "$link 已存在而不是链接，请先移走 · $link is there and no link: move it away first"
fi

python=
for name in ${PYTHON:-python3.13 python3.12 python3.11 python3}; do
    if command -v "$name" >/dev/null && "$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; then
        python=$name
        break
    fi
done
[ -n "$python" ] || fail "需要 Python 3.11 至 3.13 · Python 3.11 to 3.13 is needed (PYTHON=... names one)"
"$python" -c 'import ensurepip, venv' 2>/dev/null ||
    fail "$python 缺少 venv，请从系统安装源安装 python3-venv · $python has no venv: install python3-venv"

echo "安装 $version 到 $folder（$("$python" --version)）"
[ ! -e "$folder" ] || fail "$folder 已存在；重装请先移走 · $folder is there: move it away to install it again"
# What is not whole is taken away again; the link points to what is.
"$python" -m venv "$folder"
trap 'rm -rf "$folder"' EXIT
pip="$folder/bin/python -m pip --disable-pip-version-check --no-input install --quiet --no-index --no-cache-dir"
$pip --find-links "$here/wheels" --require-hashes -r "$here/requirements.lock"
$pip --no-deps "$wheel"
kafka=$("$folder/bin/python" -c 'from streams.local.jars import KAFKA_VERSION; print(KAFKA_VERSION)')
mkdir -p "$folder/share/rectify"
cp -r "$here/kafka" "$folder/share/rectify/kafka-$kafka"
cp -r "$here/docs" "$here/deploy" "$folder/share/rectify/"
"$folder/bin/rectify" --version
trap - EXIT
ln -sfn "$folder" "$link"
echo "完成：$link/bin/rectify；下一步见 $link/share/rectify/docs/zh/install.md"
command -v java >/dev/null || echo "本机没有 Java：连接已有的 Kafka 不需要；rectify up 自带 Kafka 时需要 Java 17 以上 · no Java here: only a local Kafka needs it"
