#!/bin/bash
# npm run test:install: the packages in a real systemd, from dpkg -i to purge, with a Kinesis beside the agent.
# Says plainly what it skipped. Builds dist/kinship anew, and packages of it (quickly compressed) in a directory of its own.
#
# Every check is one line, "ok" or "not ok"; the last line counts them. Exit code 0 when nothing failed.
set -u
cd "$(dirname "$0")/../.." || exit 1
REPOSITORY=$PWD
ROOTS=${KINSHIP_TEST_ROOTS:-/var/tmp/kinship-test-roots}
WORK=$(mktemp -d /var/tmp/kinship-install-XXXXXX)
PATH=$REPOSITORY/node_modules/.bin:$PATH
passed=0 failed=0 skipped=0
. test/end-to-end/container.sh
trap 'shut_down; rm -rf "$WORK"' EXIT

# check WHAT COMMAND...: one line about it.
check() {
  local what=$1
  shift
  if "$@" >"$WORK/output" 2>&1; then
    passed=$((passed + 1))
    echo "ok - $what"
  else
    failed=$((failed + 1))
    echo "not ok - $what"
    sed 's/^/    /' "$WORK/output" | tail -n 30
  fi
}

# need WHAT COMMAND...: as check, but without it there is no point in going on.
need() {
  local before=$failed
  check "$@"
  [ "$failed" -eq "$before" ] && return
  inside journalctl --no-pager --lines=40 -o short --unit=kinship --unit=kinesis-test
  echo 'ended early: what follows needs this'
  finish
}

skip() {
  skipped=$((skipped + 1))
  echo "SKIPPED - $1: $2"
}

finish() {
  echo "$passed passed, $failed failed, $skipped skipped"
  [ "$failed" -eq 0 ]
  exit
}

# eventually SECONDS COMMAND...: until it succeeds.
eventually() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$deadline" ] || return 1
    sleep 0.2
  done
}

# is EXPECTED COMMAND...: whether that is what it prints.
is() {
  local expected=$1 actual
  shift
  actual=$("$@" 2>&1) || true
  [ "$actual" = "$expected" ] || { echo "expected: $expected" "actual: $actual"; return 1; }
}

not() { ! "$@"; }

# --- What is needed -----------------------------------------------------------------------------------------------------
[ "$(id -u)" -eq 0 ] || { skip 'everything' 'needs root'; finish; }
missing=
for tool in systemd-nspawn:systemd-container mmdebstrap:mmdebstrap dpkg-deb:dpkg rpmbuild:rpm nsenter:util-linux; do
  command -v "${tool%%:*}" >/dev/null || missing="$missing ${tool##*:}"
done
[ -z "$missing" ] || { skip 'everything' "needs apt-get install$missing"; finish; }

# --- Packages -----------------------------------------------------------------------------------------------------------
node packaging/build.ts >"$WORK/build.log" 2>&1 || { cat "$WORK/build.log"; exit 1; }
PACKAGES=$WORK/packages
node packaging/package.ts --arch x64 --fast --out "$PACKAGES/old" >"$WORK/package.log" 2>&1 &&
  node packaging/package.ts --arch x64 --fast --package-version 99.0.0 --out "$PACKAGES/new" >>"$WORK/package.log" 2>&1 ||
  { cat "$WORK/package.log"; exit 1; }

if command -v lintian >/dev/null; then
  check 'lintian has nothing to say that is not explained' sh -c '! lintian --allow-root "$1"/old/*.deb 2>&1 | grep .' sh "$PACKAGES"
else
  skip 'lintian' 'is not installed'
fi
check 'the units verify in silence' test/end-to-end/verify-units.sh

BASE=$(make_root base systemd,systemd-sysv,dbus,procps,init-system-helpers,libatomic1,libstdc++6) || exit 1
WITH_RPM=$(make_root with-rpm systemd,systemd-sysv,dbus,procps,init-system-helpers,libatomic1,libstdc++6,rpm) || exit 1

. test/end-to-end/install-steps.sh

# --- .deb ---------------------------------------------------------------------------------------------------------------
echo '# .deb'
boot deb "$BASE" --bind-ro="$PACKAGES:/packages" --bind-ro="$REPOSITORY:/repository" || exit 1
start_kinesis
installed_at=$SECONDS
need 'dpkg -i installs it' inside sh -c 'dpkg -i /packages/old/*.deb'
check_fresh_install
configure
check_first_records "$installed_at"
check_process
check_logs_and_signals
check_reload
check_crash_and_watchdog
check_all_logs_drop_in
check_instances
check_upgrade 'inside sh -c "dpkg -i --force-confold /packages/new/*.deb"'
check 'dpkg -r removes it' inside dpkg -r kinship
check_removed
check 'the config is kept' inside test -e /etc/kinship/kinship.yaml
check 'dpkg -P purges it' inside dpkg -P kinship
check 'config and state are gone' not inside sh -c 'ls -d /etc/kinship /var/lib/kinship 2>/dev/null | grep .'
check_instances_purged
check 'no unit has failed' is '' inside systemctl --failed --no-legend --plain
shut_down

# --- .rpm ---------------------------------------------------------------------------------------------------------------
echo '# .rpm'
boot rpm "$WITH_RPM" --bind-ro="$PACKAGES:/packages" --bind-ro="$REPOSITORY:/repository" || exit 1
start_kinesis
installed_at=$SECONDS
# Debian's packages are not in rpm's database: --nodeps.
need 'rpm -i installs it' inside sh -c 'rpm -i --nodeps /packages/old/*.rpm'
check_fresh_install
configure
check_first_records "$installed_at"
check_crash
check_instances
check_upgrade 'inside sh -c "rpm -U --nodeps /packages/new/*.rpm"'
check 'rpm -e removes it' inside rpm -e kinship
check_removed
check 'the edited config is kept' inside test -e /etc/kinship/kinship.yaml.rpmsave
check 'no instance is started any more' not inside sh -c 'ls -d /etc/systemd/system/*.wants/kinship@* 2>/dev/null | grep .'
shut_down

# --- .tar.gz ------------------------------------------------------------------------------------------------------------
echo '# .tar.gz'
boot tarball "$BASE" --bind-ro="$PACKAGES:/packages" --bind-ro="$REPOSITORY:/repository" || exit 1
start_kinesis
installed_at=$SECONDS
need 'install.sh installs it' inside sh -c 'mkdir /root/old /root/new && tar -C /root/old --strip-components=1 -xzf /packages/old/*.tar.gz && /root/old/install.sh'
check_fresh_install
configure
check_first_records "$installed_at"
check_instances
check_upgrade 'inside sh -c "tar -C /root/new --strip-components=1 -xzf /packages/new/*.tar.gz && /root/new/install.sh"'
check 'uninstall.sh removes it' inside /root/new/uninstall.sh
check_removed
check 'the config is kept' inside test -e /etc/kinship/kinship.yaml
check 'uninstall.sh --purge takes config and state' inside sh -c '/root/new/uninstall.sh --purge && ! ls -d /etc/kinship /var/lib/kinship'
check_instances_purged
shut_down

# --- arm64 --------------------------------------------------------------------------------------------------------------
echo '# arm64'
if ! command -v qemu-aarch64-static >/dev/null || ! command -v aarch64-linux-gnu-strip >/dev/null; then
  skip 'the arm64 binary' 'needs apt-get install qemu-user-static binutils-aarch64-linux-gnu'
else
  check_arm64
fi
finish
