#!/usr/bin/env bash
# Posts pull_request.json to the running example as GitHub does: signed, under a delivery id of its own.
# With --print it prints the same as one curl command instead.
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/demo-env

body=examples/first/pull_request.json
# X-Hub-Signature-256: HMAC-SHA256 of the body, byte for byte, in hex.
signature="$(openssl dgst -sha256 -hmac "$GITHUB_WEBHOOK_SECRET" -r "$body" | cut -d' ' -f1)"
# What GitHub names a delivery by; Hookgate knows a repeated one by it.
# shellcheck disable=SC2016
delivery='$(cat /proc/sys/kernel/random/uuid)'

if [ "${1:-}" = --print ]; then
    cat <<END
  curl -sS $public/in/github \\
    -H 'content-type: application/json' \\
    -H 'x-github-event: pull_request' \\
    -H "x-github-delivery: $delivery" \\
    -H 'x-hub-signature-256: sha256=$signature' \\
    --data-binary @$body
END
    exit 0
fi

curl -sS --fail-with-body "$public/in/github" \
    -H 'content-type: application/json' \
    -H 'x-github-event: pull_request' \
    -H "x-github-delivery: ${DELIVERY:-$(cat /proc/sys/kernel/random/uuid)}" \
    -H "x-hub-signature-256: sha256=$signature" \
    --data-binary "@$body"
