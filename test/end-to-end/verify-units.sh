#!/bin/bash
# The units as systemd reads them: not a word from `systemd-analyze verify`, exposure of at most 2.0.
set -uo pipefail
cd "$(dirname "$0")/../../systemd" || exit 1
command -v systemd-analyze >/dev/null || { echo 'SKIPPED: systemd-analyze is not installed'; exit 0; }
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
status=0
# `verify` looks for the program: a stand-in is enough.
mkdir -p "$root/usr/bin" "$root/usr/lib/systemd/system"
install -m 0755 /bin/true "$root/usr/bin/kinship"
cp /usr/lib/systemd/system/*.target "$root/usr/lib/systemd/system/" 2>/dev/null || cp /lib/systemd/system/*.target "$root/usr/lib/systemd/system/"
for unit in kinship.service kinship@.service; do
  cp "$unit" "$root/usr/lib/systemd/system/"
done
said=$(systemd-analyze verify --man=no --root="$root" kinship.service kinship@test.service 2>&1) || status=1
if [ -n "$said" ]; then
  echo "$said"
  status=1
fi
# Alone, then with the drop-in: systemd reads kinship.service.d beside a unit.
for unit in "$root/usr/lib/systemd/system/kinship.service" "$root/usr/lib/systemd/system/kinship@.service" ./kinship.service; do
  systemd-analyze security --offline=true --threshold=20 --no-pager "$unit" | tail -n 1 || status=1
done
exit "$status"
