#!/bin/sh
# One finding and its run, handed in with curl. RECTIFY_URL, RECTIFY_KEY: where, and by which key (rectify key create).
# Exit code 0: accepted for good; 75: try again later, it is there once all the same; 1: refused, the answer says why.
set -eu
started=$(date -u +%Y-%m-%dT%H:%M:%SZ)
run="curl-$(date -u +%Y%m%dT%H%M%SZ)"
answer=$(mktemp)
trap 'rm -f "$answer"' EXIT

status=$(curl -sS -o "$answer" -w '%{http_code}' "$RECTIFY_URL/intake/findings" \
    -H "Authorization: Bearer $RECTIFY_KEY" -H "Content-Type: application/json" -H "Idempotency-Key: $run" \
    --data-binary @- <<JSON || true
[
  {"type": "finding", "asset_id": "kjj-site", "check": "link.dead", "source": "curl", "run_id": "$run",
   "observed_at": "$started", "locator": "https://kjj.gov.cn/xwzx/3.html",
   "evidence": {"url": "https://kjj.gov.cn/xwzx/3.html", "target": "https://kjj.gov.cn/404", "http_status": 404}},
  {"type": "run", "asset_id": "kjj-site", "source": "curl", "run_id": "$run", "status": "complete",
   "started_at": "$started", "finished_at": "$(date -u +%Y-%m-%dT%H:%M:%SZ)",
   "checks": ["link.dead"], "found": 1, "pages": 36}
]
JSON
)
case $status in
202) exit 0 ;;
000 | 429 | 503) exit 75 ;;
*) cat "$answer" >&2; exit 1 ;;
esac
