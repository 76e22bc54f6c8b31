#!/bin/sh
# Installs kinship from this directory, or upgrades it: config files that are there are kept, a running service is
# restarted (it sends what it has read before it goes).
#
#   sudo ./install.sh
set -eu

if [ "$(id -u)" -ne 0 ]; then
  echo "install.sh: needs root (sudo ./install.sh)" >&2
  exit 77
fi
here=$(cd "$(dirname "$0")" && pwd)
tree=$here/root

if ! missing=$(ldd "$tree/usr/bin/kinship" 2>&1) || echo "$missing" | grep -q 'not found'; then
  echo "install.sh: this system lacks libraries that kinship needs:" >&2
  echo "$missing" | grep -E 'not found|not a dynamic' >&2 || echo "$missing" >&2
  echo "Debian, Ubuntu: apt-get install libatomic1 libstdc++6; Red Hat, Amazon Linux: dnf install libatomic libstdc++" >&2
  exit 69
fi

if ! getent passwd kinship >/dev/null; then
  useradd --system --user-group --home-dir /var/lib/kinship --no-create-home --shell /usr/sbin/nologin kinship
  if getent group adm >/dev/null; then usermod --append --groups adm kinship; fi
fi

(cd "$tree" && find . -type d) | while read -r directory; do
  [ -d "/$directory" ] || install -d -m 0755 "/$directory"
done
(cd "$tree" && find . -type f) | sed 's#^\./#/#' | while read -r file; do
  case $file in
  /etc/kinship/*)
    if [ -e "$file" ]; then
      echo "kept $file"
      continue
    fi
    ;;
  esac
  # A new file in place of the old one: a running agent keeps the one it was started from.
  cp -p "$tree$file" "$file.kinship-new"
  chown root:root "$file.kinship-new"
  mv "$file.kinship-new" "$file"
done

if [ -d /run/systemd/system ]; then
  systemctl daemon-reload
  systemctl --quiet enable kinship.service
  systemctl try-restart kinship.service 'kinship@*.service'
fi
echo "kinship $(kinship version) is installed."
echo "Edit /etc/kinship/kinship.yaml, then: kinship check && systemctl start kinship"
