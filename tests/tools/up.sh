# shellcheck shell=bash
# `./dev up [--example]`: Core with its embedded store, and an agent of this host that dials it. All they keep is under
# target/up (or VARANUS_UP). Sourced by `dev`.

UP=${VARANUS_UP:-$ROOT/target/up}
PORT=${KOMODO_PORT:-9120}
URL=http://localhost:$PORT    # as people call it
LOCAL=http://127.0.0.1:$PORT  # as programs do: not every system knows a localhost
BIN=${VARANUS_BIN:-$TARGET/debug} # set: programs that are built already
HOST_NAME=local

up() {
  local example=
  case ${1:-} in "") ;; --example) example=1 ;; *) die "up knows --example only, not $1" ;; esac
  need_rust
  need git=git curl=curl openssl=openssl
  (umask 077; mkdir -p "$UP/core" "$UP/agent")
  if running; then
    say "Varanus is up already"
    [ -z "$example" ] || load_example
    greet "$example"; return
  fi
  ! port_open "$PORT" || die "port $PORT is taken by another program; choose one: KOMODO_PORT=9121 ./dev up"
  need_docker
  # An engine that this call started ends with it, where nothing else keeps it running.
  [ -z "$ENGINE_STARTED" ] || [ -d /run/systemd/system ] || on_exit $SUDO "$ROOT/tests/tools/docker-up.sh" down
  if [ -z "${VARANUS_BIN:-}" ]; then
    say "building (the first time takes some minutes)"
    cargo build -q --workspace --bins
  fi
  say "starting Core and the agent of this host"
  start_core
  start_agent
  [ -z "$example" ] || { load_example; on_exit stop_example; }
  greet "$example"
  echo "Ctrl-C ends all of it."
  wait -n "${STARTED[@]}" || true
  die "Core or the agent has ended: see $UP/core.log and $UP/agent.log"
}

# Whether an earlier call is still at work; PORT and URL are its own then. (A Core that was built anew meanwhile is "(deleted)".)
running() {
  local pid port program
  read -r pid port 2>/dev/null <"$UP/core.pid" && program=$(readlink "/proc/$pid/exe") || return 1
  [ "${program% (deleted)}" = "$(readlink -f "$BIN/varanus-core")" ] && port_open "$port" && PORT=$port URL=http://localhost:$port LOCAL=http://127.0.0.1:$port
}

# secret FILE: a random text in that file, made once, for its owner alone.
secret() { [ -s "$1" ] || (umask 077; openssl rand -hex 16 >"$1"); cat "$1"; }

start_core() {
  secret "$UP/password" >/dev/null; secret "$UP/jwt" >/dev/null
  (umask 077; cat >"$UP/core/config.toml" <<TOML
host = "$URL"
port = $PORT
bind_ip = "${KOMODO_BIND_IP:-127.0.0.1}"
data_directory = "$UP/core"
private_key = "file:$UP/core/core.key"
local_auth = true
init_admin_username = "admin"
TOML
  )
  spawn "$UP/core.log" env KOMODO_CONFIG_PATHS="$UP/core/config.toml" KOMODO_INIT_ADMIN_PASSWORD_FILE="$UP/password" \
    KOMODO_JWT_SECRET_FILE="$UP/jwt" "$BIN/varanus-core"
  echo "${STARTED[-1]} $PORT" >"$UP/core.pid"
  wait_until 60 "Core (see $UP/core.log)" core_answers
  have_key || log_in
  sed -i "s|^host = .*|host = \"$LOCAL\"|" "$UP/komodo.cli.toml"
}
core_answers() {
  signal 0 "${STARTED[0]}" || { tail -5 "$UP/core.log" >&2; die "Core ended"; }
  curl -fsS -m 2 "$LOCAL/version" >/dev/null 2>&1
}

# api PATH: POSTs what is on standard input, as admin. Secrets are in files and on standard input, never in arguments.
api() { curl -sS --fail-with-body -m 60 -K "$UP/curl.conf" -H 'content-type: application/json' --data-binary @- "$LOCAL/$1"; }
field() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }
have_key() { [ -s "$UP/curl.conf" ] && echo '{}' | api read/GetVersion >/dev/null 2>&1; }

# The first login makes an API key, for `./dev km` and for this script.
log_in() {
  local answer key secret
  (umask 077; : >"$UP/curl.conf")
  answer=$(printf '{"username":"admin","password":"%s"}' "$(cat "$UP/password")" | api auth/login/LoginLocalUser) || die "cannot log in: $answer"
  echo "header = \"authorization: $(field jwt <<<"$answer")\"" >"$UP/curl.conf"
  answer=$(echo '{"name":"dev"}' | api auth/manage/CreateApiKey) || die "cannot make an API key: $answer"
  key=$(field key <<<"$answer"); secret=$(field secret <<<"$answer")
  printf 'header = "x-api-key: %s"\nheader = "x-api-secret: %s"\n' "$key" "$secret" >"$UP/curl.conf"
  (umask 077; printf 'host = "%s"\ncli_key = "%s"\ncli_secret = "%s"\n' "$LOCAL" "$key" "$secret" >"$UP/komodo.cli.toml")
}

# The agent introduces itself with an onboarding key, once; then Core knows its public key.
start_agent() {
  local answer settings=(PERIPHERY_CONFIG_PATHS="$UP/agent/config.toml" PERIPHERY_ROOT_DIRECTORY="$UP/agent"
    PERIPHERY_CORE_ADDRESS="$LOCAL" PERIPHERY_CONNECT_AS="$HOST_NAME")
  [ -e "$UP/agent/config.toml" ] || : >"$UP/agent/config.toml"
  if ! server_known; then
    answer=$(printf '{"name":"dev-%s"}' "$(date +%s)" | api write/CreateOnboardingKey) || die "no onboarding key: $answer"
    (umask 077; field private_key <<<"$answer" >"$UP/agent/onboarding.key")
  fi
  [ ! -s "$UP/agent/onboarding.key" ] || settings+=(PERIPHERY_ONBOARDING_KEY_FILE="$UP/agent/onboarding.key")
  if [ "$DOCKER" = docker ]; then
    spawn "$UP/agent.log" env "${settings[@]}" "$BIN/varanus-periphery"
  else # docker is for root alone here; sudo has to stay at this terminal
    sudo env "${settings[@]}" "$BIN/varanus-periphery" </dev/null >"$UP/agent.log" 2>&1 &
    STARTED+=($!)
  fi
  wait_until 60 "the agent (see $UP/agent.log)" agent_answers
}
server_known() { printf '{"server":"%s"}' "$HOST_NAME" | api read/GetServer >/dev/null 2>&1; }
agent_answers() {
  signal 0 "${STARTED[1]}" || { tail -5 "$UP/agent.log" >&2; die "the agent ended"; }
  printf '{"server":"%s"}' "$HOST_NAME" | api read/GetServerState 2>/dev/null | grep -q '"Ok"'
}

greet() {
  echo
  echo "  address   $URL"
  echo "  login     admin / $(cat "$UP/password")"
  echo
  echo "Next:"
  echo "  ./dev km list servers -a"
  if [ -n "$1" ]; then
    echo "  ./dev km execute deploy-home        (the procedure of the example; then: curl http://localhost:9180)"
    echo "  less examples/home/README.md        (a push that deploys)"
  else
    echo "  ./dev km create api-key NAME"
    echo "  ./dev up --example                  (two small stacks from a git repository)"
  fi
  echo
}
