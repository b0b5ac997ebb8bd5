#!/bin/sh
# Run once before the agents: the key of the mesh and the token of the admin APIs, in the folder that all agents share.
# On real sites each agent has a token of its own, and the key is carried to them by whatever carries secrets there.
set -eu
umask 077
folder=${1:-/etc/cheops}

hex() { od -An -v -tx1 -N32 /dev/urandom | tr -d ' \n'; }

[ -s "$folder/mesh.key" ] || printf '/key/swarm/psk/1.0.0/\n/base16/\n%s\n' "$(hex)" > "$folder/mesh.key"
[ -s "$folder/admin.token" ] || printf '%s\n' "$(hex)" > "$folder/admin.token"
echo "mesh.key and admin.token are in $folder"
