#!/usr/bin/env bash
# Runs tests against PostgreSQL in a container, where there is neither a Docker engine nor an image registry.
#
# usage: tests/container/run.sh [pytest arguments]        (default: tests/postgres)
#
# The image holds the PostgreSQL 15 of Debian 12, made by debootstrap from the mirror that apt is configured for.
# Whatever is missing (docker.io, debootstrap, the image) is installed or built if we are root; an engine that
# does not run is started, and stopped again at the end. An engine that runs already is used as it is.
# To build the image anew: docker image rm migrator-postgres:15
set -euo pipefail
cd "$(dirname "$0")/../.."

image=migrator-postgres:15
package=postgresql-15
codename=bookworm
work=$(mktemp -d)
engine=

stop() {
    status=$?
    if [ -n "$engine" ]; then
        kill "$engine" && wait "$engine" || true
    fi
    rm -rf --one-file-system "$work"
    exit "$status"
}
trap stop EXIT

require() { # command, package
    command -v "$1" >/dev/null && return
    if [ "$(id -u)" != 0 ]; then
        echo "$1 is missing: apt-get install $2, or run as root" >&2
        exit 2
    fi
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$2" >/dev/null
}

start_engine() {
    docker info >/dev/null 2>&1 && return
    require dockerd docker.io
    if [ "$(id -u)" != 0 ]; then
        echo "no Docker engine answers, and only root can start one" >&2
        exit 2
    fi
    # The published port is all that the tests need: docker-proxy serves it, the host's firewall is left alone.
    dockerd --iptables=false --ip6tables=false >"$work/dockerd.log" 2>&1 &
    engine=$!
    for _ in $(seq 60); do
        docker info >/dev/null 2>&1 && return
        kill -0 "$engine" 2>/dev/null || break
        sleep 1
    done
    echo "dockerd did not start:" >&2
    tail -n 20 "$work/dockerd.log" >&2
    exit 1
}

build_image() {
    docker image inspect "$image" >/dev/null 2>&1 && return
    require debootstrap debootstrap
    mirror=$(apt-get indextargets --format '$(CODENAME) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' |
        awk -v codename="$codename" '$1 == codename && $2 == "main" { print $3; exit }')
    if [ -z "$mirror" ]; then
        echo "apt knows no mirror of $codename: run this on Debian 12, or build $image by other means" >&2
        exit 2
    fi
    echo "building $image"
    debootstrap --variant=minbase --include="$package" "$codename" "$work/root" "$mirror" >"$work/debootstrap.log" || {
        tail -n 20 "$work/debootstrap.log" >&2
        exit 1
    }
    install -m 0755 tests/container/entrypoint.sh "$work/root/entrypoint.sh"
    tar --create --one-file-system --directory "$work/root" . |
        docker import --change 'ENTRYPOINT ["/entrypoint.sh"]' --change 'EXPOSE 5432' - "$image" >/dev/null
}

require docker docker.io
start_engine
build_image

# Ryuk, which removes forgotten containers, would be one more image from a registry.
export TESTCONTAINERS_RYUK_DISABLED=true TESTCONTAINERS_HOST_OVERRIDE=localhost
if [ $# = 0 ]; then set -- tests/postgres; fi
.venv/bin/pytest --postgres="container:$image" "$@"
