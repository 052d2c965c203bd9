#!/usr/bin/env bash
# Installs programs that Python cannot bring along, by apt, where they are missing: scripts/system.sh java postgresql kannel
# Without root and without a sudo that asks nothing, it says in one sentence what to install, and fails.
set -euo pipefail

has_java() {
    local java=java
    [[ -n ${JAVA_HOME:-} && -x $JAVA_HOME/bin/java ]] && java=$JAVA_HOME/bin/java
    local version
    version=$("$java" -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p' | head -n 1) || return 1
    [[ -n $version ]] && ((version >= 17))
}
has_maven() { command -v mvn >/dev/null; }
has_postgresql() { command -v initdb >/dev/null || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null; }
has_kannel() { [[ -x /usr/sbin/bearerbox && -x /usr/lib/kannel/test/fakesmsc ]]; }
has_postfix() { [[ -x /usr/sbin/postfix && -x /usr/lib/postfix/sbin/master ]]; }
has_promtool() { command -v promtool >/dev/null; }
has_prometheus() { command -v prometheus >/dev/null; }
has_nginx() { [[ -x /usr/local/sbin/nginx || -x /usr/sbin/nginx ]]; }
has_chromium() { command -v chromium >/dev/null; }
has_chromium_zh() { [[ -e /usr/lib/chromium/locales/zh-CN.pak ]]; }
has_clamd() { [[ -x /usr/sbin/clamd ]]; }
has_kcat() { command -v kcat >/dev/null && command -v jq >/dev/null; }
has_systemd() { command -v systemd-analyze >/dev/null; }
has_compose() { command -v docker-compose >/dev/null || docker compose version >/dev/null 2>&1; }
# No package brings it: it is built where there is Go, and not missed where there is none.
has_kustomize() { command -v kustomize >/dev/null || command -v kubectl >/dev/null || ! command -v go >/dev/null; }
has_php() { command -v php >/dev/null; }
has_go() { command -v go >/dev/null; }
has_javac() { command -v javac >/dev/null; }
has_venv() { python3 -c 'import ensurepip, venv' 2>/dev/null; }

packages() {
    case $1 in
    java) # the oldest that is long supported and new enough; a release of Debian or Ubuntu has one or two of them
        for version in 17 21 25; do
            if apt-cache show "openjdk-$version-jre-headless" >/dev/null 2>&1; then
                echo "openjdk-$version-jre-headless"
                return
            fi
        done
        echo openjdk-17-jre-headless
        ;;
    maven) echo maven ;;
    postgresql) echo postgresql ;;
    kannel) echo kannel kannel-extras ;;
    postfix) echo postfix ;;
    promtool | prometheus) echo prometheus ;;
    nginx) echo nginx ;;
    chromium) echo chromium fonts-noto-cjk ;;
    chromium_zh) echo chromium-l10n ;;
    clamd) echo clamav-daemon ;;
    kcat) echo kcat jq ;;
    systemd) echo systemd ;;
    compose) echo docker-compose ;;
    kustomize) echo kustomize ;;
    php) echo php-cli ;;
    go) echo golang-go ;;
    javac) echo default-jdk-headless ;;
    venv) echo python3-venv ;;
    esac
}

missing=()
for wanted in "$@"; do
    "has_$wanted" || missing+=("$wanted")
done
((${#missing[@]})) || exit 0

root=()
if ((EUID != 0)); then
    root=(sudo -n)
fi
if ! command -v apt-get >/dev/null || { ((EUID != 0)) && ! sudo -n true 2>/dev/null; }; then
    names=()
    for wanted in "${missing[@]}"; do names+=("$(packages "$wanted")"); done
    echo "缺少程序，请先安装 · please install first: sudo apt-get install ${names[*]}" >&2
    exit 1
fi

apt_get() {
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l \
        apt-get -q -y -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@" </dev/null 2>&1
}

log=$(mktemp)
trap 'rm -f "$log"' EXIT
echo "安装系统程序 · installing: ${missing[*]}"
# A stale list names packages that are gone; one mirror that does not answer is no reason to stop.
apt_get update >"$log" || echo "apt-get update 未完全成功，继续 · went on after an incomplete apt-get update"
# Of Prometheus only the tool that reads rules and the program are wanted, of nginx only the program: their packages are
# unpacked and not installed, so no server starts.
unpacked() { # package, path of the program in it
    local folder
    folder=$(mktemp -d)
    chmod 755 "$folder"
    (cd "$folder" && apt_get download "$1" && dpkg-deb -x "$1"_*.deb unpacked) >"$log" &&
        "${root[@]}" install -m 755 "$folder/unpacked$2" "/usr/local/${2#/usr/}"
    local code=$?
    rm -rf "$folder"
    return $code
}
others=()
for wanted in "${missing[@]}"; do
    case $wanted in
    kustomize)
        "${root[@]}" env GOBIN=/usr/local/bin "$(command -v go)" install sigs.k8s.io/kustomize/kustomize/v5@v5.7.1 2>"$log" ||
            echo "没有 kustomize，略过它的测试 · went on without kustomize: $(tail -n 1 "$log")"
        continue
        ;;
    promtool | prometheus) program=(prometheus "/usr/bin/$wanted") ;;
    nginx) program=(nginx /usr/sbin/nginx) ;;
    *)
        others+=("$wanted")
        continue
        ;;
    esac
    if ! unpacked "${program[@]}"; then
        tail -n 15 "$log" >&2
        echo "安装失败，请手动安装 $wanted · please install $wanted, of the package ${program[0]}" >&2
        exit 1
    fi
done
((${#others[@]})) || exit 0
missing=("${others[@]}")
names=()
for wanted in "${missing[@]}"; do
    read -ra some <<<"$(packages "$wanted")"
    names+=("${some[@]}")
done
# Without a configuration the system's own mail server is not started: the tests run theirs, on 127.0.0.1.
if [[ " ${names[*]} " == *" postfix "* ]]; then
    echo "postfix postfix/main_mailer_type select No configuration" | "${root[@]}" debconf-set-selections
fi
if ! apt_get install --no-install-recommends "${names[@]}" | tee "$log" |
    sed -un -E '/^(Need to get|Setting up)/p'; then
    tail -n 15 "$log" >&2
    echo "安装失败，请手动执行 · please run: sudo apt-get install ${names[*]}" >&2
    exit 1
fi
