#!/bin/sh
# Makes the secrets that compose.yaml and the Kustomize overlays read, in the folder `secrets` beside this file; what is
# there already is kept.
set -eu
umask 077
folder="$(dirname "$0")/secrets"
mkdir -p "$folder"
cd "$folder"
make() { [ -e "$1" ] || openssl rand -hex 32 >"$1"; }
make redis-password
make orthanc-password
make http-token
# They are made of those above, and cannot be written.
rm -f redis.conf orthanc-users.json
printf 'requirepass %s\n' "$(cat redis-password)" >redis.conf
printf '{ "RegisteredUsers": { "hepatica": "%s" } }\n' "$(cat orthanc-password)" >orthanc-users.json
# The containers' users are not yours.
chmod 0444 ./*
echo "secrets are in $(pwd)"
