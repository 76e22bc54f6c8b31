#!/bin/sh
# Removes kinship. Config and positions are kept; with --purge they go too.
#
#   sudo ./uninstall.sh [--purge]
set -eu

if [ "$(id -u)" -ne 0 ]; then
  echo "uninstall.sh: needs root (sudo ./uninstall.sh)" >&2
  exit 77
fi
purge=no
case ${1:-} in
'') ;;
--purge) purge=yes ;;
*)
  echo "usage: uninstall.sh [--purge]" >&2
  exit 64
  ;;
esac
here=$(cd "$(dirname "$0")" && pwd)

if [ -d /run/systemd/system ]; then
  systemctl stop kinship.service 'kinship@*.service' || true
  systemctl --quiet disable kinship.service || true
fi
# What `systemctl disable` does for each kinship@NAME.
rm -f /etc/systemd/system/*.wants/kinship@*.service
(cd "$here/root" && find . -type f) | sed 's#^\./#/#' | while read -r file; do
  case $file in
  /etc/kinship/*) ;;
  *) rm -f "$file" ;;
  esac
done
rm -rf /usr/share/doc/kinship /usr/share/kinship
if [ "$purge" = yes ]; then
  # Of kinship@NAME, by the service's user: another program may have a name that begins like ours.
  find /var/lib -mindepth 1 -maxdepth 1 -type d -name 'kinship-*' -user kinship -exec rm -rf {} + || true
  rm -rf /etc/kinship /var/lib/kinship
fi
if [ -d /run/systemd/system ]; then
  systemctl daemon-reload
fi
if [ "$purge" = no ]; then
  echo "Kept: /etc/kinship, /var/lib/kinship and /var/lib/kinship-* (uninstall.sh --purge removes them)."
fi
