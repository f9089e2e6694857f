#!/usr/bin/env bash
# The script that people write: for each company a database, its schema, its rows table by table, its indexes.
# usage: by_hand.sh SOURCE_URL URL_PATTERN SQL_DIRECTORY TENANTS    (URL_PATTERN holds DATABASE where its name goes)
set -euo pipefail
source=$1 pattern=$2 sql=$3 tenants=$4
psql=(psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1)

for tenant in $(seq "$tenants"); do
    target=${pattern/DATABASE/by_hand_$tenant}
    "${psql[@]}" "${pattern/DATABASE/postgres}" -c "CREATE DATABASE by_hand_$tenant"
    "${psql[@]}" "$target" -f "$sql/tables.sql"
    for table in customers orders; do
        "${psql[@]}" "$source" -c "COPY (SELECT * FROM $table WHERE tenant_id = $tenant) TO STDOUT" \
            | "${psql[@]}" "$target" -c "COPY $table FROM STDIN"
    done
    "${psql[@]}" "$source" -c "COPY (SELECT l.* FROM lines l JOIN orders o ON o.id = l.order_id
                                     WHERE o.tenant_id = $tenant) TO STDOUT" \
        | "${psql[@]}" "$target" -c "COPY lines FROM STDIN"
    "${psql[@]}" "$target" -f "$sql/keys.sql"
done
