#!/bin/sh
# Makes (or renews) the Elasticsearch role and user that credmatch needs, and no more than it needs
# (elasticsearch-role.json, beside this file, where another CREDMATCH_ELASTICSEARCH_PREFIX is to be written too).
#
#   ELASTICSEARCH_URL=http://127.0.0.1:9200 ELASTIC_PASSWORD=... \
#   CREDMATCH_ELASTICSEARCH_USER=credmatch CREDMATCH_ELASTICSEARCH_PASSWORD=... sh deploy/elasticsearch-user.sh
#
# ELASTIC_USER (default elastic) must be allowed to manage security; CURL_OPTIONS may name a certificate
# (--cacert FILE).
set -eu

: "${ELASTICSEARCH_URL:?}" "${ELASTIC_PASSWORD:?}" "${CREDMATCH_ELASTICSEARCH_PASSWORD:?}"
user=${CREDMATCH_ELASTICSEARCH_USER:-credmatch}
case "$CREDMATCH_ELASTICSEARCH_PASSWORD$ELASTIC_PASSWORD$user" in
    *[!A-Za-z0-9._~-]*) echo "passwords and names: letters, digits and . _ ~ - only" >&2; exit 2 ;;
esac

put() {
    # Both secrets go through files that only curl reads: a command's arguments can be seen by others.
    curl ${CURL_OPTIONS:-} --config - --silent --show-error --fail-with-body --retry 20 --retry-connrefused \
        --retry-max-time 120 --request PUT --header 'Content-Type: application/json' --data @"$2" \
        "$ELASTICSEARCH_URL/_security/$1" <<EOF
user = "${ELASTIC_USER:-elastic}:$ELASTIC_PASSWORD"
EOF
    echo
}

body=$(mktemp)
trap 'rm -f "$body"' EXIT
put "role/$user" "$(dirname "$0")/elasticsearch-role.json"
printf '{"password": "%s", "roles": ["%s"]}' "$CREDMATCH_ELASTICSEARCH_PASSWORD" "$user" >"$body"
put "user/$user" "$body"
