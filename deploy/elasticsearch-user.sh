#!/bin/sh
# Makes (or renews) the Elasticsearch role and user that credmatch needs, and no more than it needs.
#
#   ELASTICSEARCH_URL=http://127.0.0.1:9200 ELASTIC_PASSWORD=... \
#   CREDMATCH_ELASTICSEARCH_USER=credmatch CREDMATCH_ELASTICSEARCH_PASSWORD=... sh deploy/elasticsearch-user.sh
#
# ELASTIC_USER (default elastic) must be allowed to manage security; CREDMATCH_ELASTICSEARCH_PREFIX (default
# credmatch) names the indices; CURL_OPTIONS may name a certificate (--cacert FILE).
set -eu

: "${ELASTICSEARCH_URL:?}" "${ELASTIC_PASSWORD:?}" "${CREDMATCH_ELASTICSEARCH_PASSWORD:?}"
user=${CREDMATCH_ELASTICSEARCH_USER:-credmatch}
prefix=${CREDMATCH_ELASTICSEARCH_PREFIX:-credmatch}
case "$CREDMATCH_ELASTICSEARCH_PASSWORD$ELASTIC_PASSWORD$user$prefix" in
    *[!A-Za-z0-9._~-]*) echo "passwords and names: letters, digits and . _ ~ - only" >&2; exit 2 ;;
esac

put() {
    # The password goes through standard input: a command's arguments can be seen by others.
    printf 'user = "%s:%s"\n' "${ELASTIC_USER:-elastic}" "$ELASTIC_PASSWORD" |
        curl ${CURL_OPTIONS:-} --config - --silent --show-error --fail-with-body --retry 30 --retry-delay 2 \
            --retry-all-errors --retry-max-time 120 --request PUT --header 'Content-Type: application/json' \
            --data "$2" "$ELASTICSEARCH_URL/_security/$1"
    echo
}

put "role/$user" "{\"cluster\": [\"monitor\"], \"indices\": [{\"names\": [\"$prefix.*\"], \"privileges\":
    [\"create_index\", \"delete_index\", \"manage\", \"monitor\", \"read\", \"view_index_metadata\", \"write\"]}]}"
put "user/$user" "{\"password\": \"$CREDMATCH_ELASTICSEARCH_PASSWORD\", \"roles\": [\"$user\"]}"
