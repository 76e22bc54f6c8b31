# A real systemd (PID 1) in a container, for the install test: systemd-nspawn on a Debian root, its changes in memory.
# Sourced by install.sh. Needs root; no daemon, no network: the container has only its loopback.
#
# Each container gets a cgroup of its own: two booted from one would collide in /payload. --register=no and --keep-unit:
# nothing but systemd-nspawn is needed, no machined, no systemd outside.

# make_root NAME PACKAGES...: a Debian 12 root as a tar, made once and kept in $ROOTS. Prints its path.
make_root() {
  local name=$1 packages=$2 archive=$ROOTS/$1.tar
  if [ ! -e "$archive" ]; then
    mkdir -p "$ROOTS"
    mmdebstrap --quiet --variant=minbase --include="$packages" bookworm "$ROOTS/$name.partial.tar" >&2
    mv "$ROOTS/$name.partial.tar" "$archive"
  fi
  echo "$archive"
}

# boot NAME ARCHIVE [nspawn arguments]: starts it and waits until its systemd has come up.
boot() {
  local name=$1 archive=$2 cgroup=/sys/fs/cgroup root=$WORK/$1
  shift 2
  if [ -d /sys/fs/cgroup/unified ]; then cgroup=/sys/fs/cgroup/unified; fi
  CONTAINER_CGROUP=$cgroup/kinship-test-$$-$name
  mkdir -p "$CONTAINER_CGROUP" "$root"
  tar -C "$root" -xf "$archive"
  (
    echo "$BASHPID" >"$CONTAINER_CGROUP/cgroup.procs"
    exec env SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 setsid systemd-nspawn --quiet --directory="$root" --machine="kinship-$$-$name" \
      --boot --register=no --keep-unit --private-network --volatile=overlay --console=pipe "$@"
  ) >"$WORK/$name.console" 2>&1 </dev/null &
  CONTAINER_PID=$!
  local state='' try
  for try in $(seq 300); do
    sleep 0.1
    if ! kill -0 "$CONTAINER_PID" 2>/dev/null; then
      cat "$WORK/$name.console" >&2
      return 1
    fi
    CONTAINER_INIT=$(pgrep -P "$CONTAINER_PID" -x systemd) || continue
    state=$(inside systemctl is-system-running 2>/dev/null) || true
    case $state in running | degraded) return 0 ;; esac
  done
  echo "the container did not come up ($state)" >&2
  return 1
}

# inside COMMAND...: runs it in the container.
inside() {
  nsenter --target "$CONTAINER_INIT" --all "$@"
}

# put FILE: writes standard input into a file of the container.
put() {
  inside sh -c 'mkdir -p "$(dirname "$1")" && cat >"$1"' sh "$1"
}

# shut_down: ends it and what is left of it.
shut_down() {
  if [ -z "${CONTAINER_PID:-}" ]; then return 0; fi
  kill -TERM "$CONTAINER_PID" 2>/dev/null || true
  local try
  for try in $(seq 150); do
    kill -0 "$CONTAINER_PID" 2>/dev/null || break
    sleep 0.1
  done
  kill -KILL "$CONTAINER_PID" 2>/dev/null || true
  wait "$CONTAINER_PID" 2>/dev/null || true
  find "$CONTAINER_CGROUP" -depth -type d -exec rmdir {} + 2>/dev/null || true
  CONTAINER_PID=
}
