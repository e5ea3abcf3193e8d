#!/bin/bash
# Docker where none runs: engine, `docker compose`, buildx, an image registry and small base images, from
# Debian's own packages alone. The newer packages are unpacked beside the system (never installed into it), so a bare
# Debian 12 gets compose v2 without another archive. No service manager is needed. Calling it again does only what is missing.
#
#   docker-up.sh                     engine on $SOCK (one that answers is used as it is), plugins, busybox:local, glibc:local
#   docker-up.sh plugins             compose and buildx alone, for an engine that came without them
#   docker-up.sh down                stop the engine this script started
#   docker-up.sh registry [PORT]     image registry on 0.0.0.0:PORT (5000); plain http, delete enabled
#   docker-up.sh registry-down [PORT]
#   docker-up.sh host N [flags]      engine number N (1-200) in a network namespace of its own: address 10.99.0.N,
#                                    socket $RUN/N/s.sock; 10.99.0.254 is this machine. Further flags go to dockerd.
#   docker-up.sh host-down N...      stop hosts and remove their namespaces (their state stays in $STATE/N)
#   docker-up.sh host-kill N         kill -9 the engine and all containers, as a power cut does; `host N` boots it again
#   docker-up.sh host-exec N CMD...  run CMD on host N's network, DOCKER_HOST set
#   docker-up.sh deb-image NAME PKG...   image of busybox + Debian packages with their dependencies, unconfigured
#   docker-up.sh env                 shell lines to eval: PATH, DOCKER_HOST
#
# Settings: DOCKER_UP_SUITE (Debian suite of the packages), DOCKER_UP_HOME, DOCKER_UP_STATE, DOCKER_UP_RUN, DOCKER_UP_SOCK
set -euo pipefail
SUITE=${DOCKER_UP_SUITE:-trixie}
HOME_=${DOCKER_UP_HOME:-/opt/docker-up}; STATE=${DOCKER_UP_STATE:-/var/lib/docker-up}; RUN=${DOCKER_UP_RUN:-/run/docker-up}
SOCK=${DOCKER_UP_SOCK:-/var/run/docker.sock}
PFX=$HOME_/$SUITE; NET=10.99.0
[ "$(id -u)" = 0 ] || { echo "docker-up: needs root" >&2; exit 1; }
mkdir -p "$HOME_" "$STATE" "$RUN"
exec 9>"$RUN/lock"; flock -w 300 9 || { echo "docker-up: another docker-up.sh holds the lock" >&2; exit 1; }
say() { echo "docker-up: $*" >&2; }
die() { say "$*"; exit 1; }

# --- packages ---------------------------------------------------------------------------------------------------
sysapt() { # install with the machine's own apt; lists may be missing on a new machine
  export DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l
  apt-get install -qq -y --no-install-recommends "$@" </dev/null >"$HOME_/apt.log" 2>&1 9>&- && return
  apt-get update -qq >>"$HOME_/apt.log" 2>&1 9>&-
  apt-get install -qq -y --no-install-recommends "$@" </dev/null >>"$HOME_/apt.log" 2>&1 9>&- || { tail -20 "$HOME_/apt.log" >&2; die "apt-get install $* failed"; }
}
papt() { # apt with lists of its own, so that the machine's apt never sees the other suite: papt SUITE COMMAND ARGS...
  local s=$1 c=$2 a=$HOME_/apt-$1; shift 2
  if [ ! -e "$a/ok" ]; then
    local uri key=
    uri=$(sed -n 's/^URIs: *\([^ ]*\/debian\)\/\? *$/\1/p' /etc/apt/sources.list.d/debian.sources 2>/dev/null | head -1)
    [ -n "$uri" ] || uri=$(sed -n 's/^deb *\(\[[^]]*\] *\)\?\([^ ]*\/debian\)\/\? .*/\2/p' /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null | head -1)
    [ -n "$uri" ] || die "found no Debian archive in /etc/apt"
    [ ! -e /usr/share/keyrings/debian-archive-keyring.gpg ] || key="[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] "
    mkdir -p "$a/lists/partial" "$a/cache/archives/partial"
    echo "deb $key$uri $s main" >"$a/sources.list"
  fi
  local o=(-qq -o Dir::Etc::sourcelist="$a/sources.list" -o Dir::Etc::sourceparts=/dev/null -o Dir::Etc::preferencesparts=/dev/null
    -o Dir::State::lists="$a/lists" -o Dir::Cache="$a/cache" -o APT::Default-Release= -o APT::Sandbox::User=root
    -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false -o Acquire::Languages=none -o Acquire::Retries=3)
  if [ ! -e "$a/ok" ]; then apt-get "${o[@]}" update </dev/null >&2 9>&-; touch "$a/ok"; fi
  apt-get "${o[@]}" "$c" "$@" </dev/null 9>&-
}
install_engine() {
  [ -e "$PFX/.ok" ] && return
  say "getting the engine and plugins of $SUITE"
  rm -rf "$PFX" "$PFX.debs"; mkdir -p "$PFX" "$PFX.debs"; rm -f "$HOME_/apt-$SUITE/ok"
  (cd "$PFX.debs" && papt "$SUITE" download docker.io docker-cli docker-compose docker-buildx docker-registry containerd tini busybox-static \
     && { papt "$SUITE" download tini-static 2>/dev/null || true; }) || die "download failed"
  local d; for d in "$PFX.debs"/*.deb; do dpkg -x "$d" "$PFX"; done
  rm -rf "$PFX.debs" "$PFX/usr/share/man" "$PFX/usr/share/doc"
  rm -f "$PFX/usr/sbin/runc" "$PFX/usr/bin/ctr" "$PFX"/usr/bin/containerd-shim "$PFX"/usr/bin/containerd-shim-runc-v1
  local b; for b in usr/sbin/dockerd usr/bin/docker usr/bin/containerd usr/bin/docker-registry; do
    "$PFX/$b" --version >/dev/null 2>&1 || die "$SUITE's $b does not run here: $("$PFX/$b" --version 2>&1 | head -1)"
  done
  touch "$PFX/.ok"
}
install_plugins() { # where every docker CLI looks, whatever DOCKER_CONFIG says
  local d=/usr/local/lib/docker/cli-plugins p; mkdir -p $d
  for p in docker-compose docker-buildx; do
    [ "$(readlink -f $d/$p)" = "$PFX/usr/libexec/docker/cli-plugins/$p" ] || ln -sfn "$PFX/usr/libexec/docker/cli-plugins/$p" $d/$p
  done
  command -v docker >/dev/null || ln -sfn "$PFX/usr/bin/docker" /usr/local/bin/docker
}
need_tools() {
  local w=(); command -v runc >/dev/null || w+=(runc); command -v iptables >/dev/null || w+=(iptables)
  command -v ip >/dev/null || w+=(iproute2); command -v nsenter >/dev/null || w+=(util-linux)
  [ ${#w[@]} = 0 ] || { say "installing ${w[*]}"; sysapt "${w[@]}"; }
  if ! mountpoint -q /sys/fs/cgroup; then mount -t cgroup2 cgroup2 /sys/fs/cgroup || die "no cgroups here"; fi
}

# --- engines ----------------------------------------------------------------------------------------------------
answers() { "$PFX/usr/bin/docker" -H "unix://$1" version >/dev/null 2>&1 9>&-; }
alive() { local p; p=$(cat "$1" 2>/dev/null) && [ -n "$p" ] && [ "$(cat "/proc/$p/comm" 2>/dev/null)" = "$2" ] && echo "$p"; }
start_engine() { # start_engine NAME SOCK NSENTER... -- FLAGS...
  local n=$1 s=$2 pre=() p i; shift 2; while [ "$1" != -- ]; do pre+=("$1"); shift; done; shift
  answers "$s" && return
  need_tools
  local r=$RUN/$n d=$STATE/$n; mkdir -p "$r" "$d"; rm -f "$s"; alive "$r/pid" dockerd >/dev/null || rm -f "$r/pid"
  PATH=$PFX/usr/sbin:$PFX/usr/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    setsid ${pre[@]+"${pre[@]}"} "$PFX/usr/sbin/dockerd" -H "unix://$s" --data-root "$d" --exec-root "$r/x" -p "$r/pid" \
    --log-level warn --shutdown-timeout 5 --insecure-registry $NET.0/24 "$@" >"$r/log" 2>&1 </dev/null 9>&- &
  p=$!
  for ((i = 0; i < 600; i++)); do
    answers "$s" && return
    kill -0 $p 2>/dev/null || { tail -20 "$r/log" >&2; die "dockerd ended; see $r/log"; }
    sleep 0.05
  done
  tail -20 "$r/log" >&2; die "dockerd did not answer in 30 s; see $r/log"
}
stop_engine() { # NAME [SIGNAL]; its containers stop with it, unless it is killed with KILL: then they are ended too
  local r=$RUN/$1 sig=${2:-TERM} p c i
  if p=$(alive "$r/pid" dockerd); then
    c=$(cat "$r/x/containerd/containerd.pid" 2>/dev/null || true)
    kill -"$sig" "$p"
    if [ "$sig" = KILL ]; then
      [ -z "$c" ] || kill -KILL "$c" 2>/dev/null || true
      for i in $(ps -eo pid=,args= | awk -v a="$r/x/containerd/" '/containerd-shim/ && index($0, a) {print $1}'); do
        kill -KILL $(ps -o pid= --ppid "$i") "$i" 2>/dev/null || true
      done
    fi
    for ((i = 0; i < 400; i++)); do kill -0 "$p" 2>/dev/null || break; sleep 0.05; done
    kill -0 "$p" 2>/dev/null && die "dockerd $p of $1 does not end"
  fi
  rm -f "$r/pid" "$r/s.sock"
  # what a killed engine leaves mounted (its data-root, network namespaces)
  awk -v a="$r/" -v b="$STATE/$1" '$2 == b || index($2, a) == 1 || index($2, b "/") == 1 {print $2}' /proc/mounts | sort -r | while read -r m; do umount -l "$m" || true; done
}
host_net() { # namespaces: du-sw holds the bridge (so that no other engine's FORWARD rules touch it), du-N is host N
  local n=$1
  [ -e /run/netns/du-sw ] || ip netns add du-sw
  ip -n du-sw link show br0 >/dev/null 2>&1 || ip -n du-sw link add br0 type bridge
  ip -n du-sw link set br0 up
  if ! ip -n du-sw link show uplink >/dev/null 2>&1; then
    ip link del du-up 2>/dev/null || true
    ip link add du-up type veth peer name uplink netns du-sw
  fi
  ip -n du-sw link set dev uplink master br0 up
  ip addr replace $NET.254/24 dev du-up; ip link set du-up up
  [ -e "/run/netns/du-$n" ] || ip netns add "du-$n"
  ip -n "du-$n" link show eth0 >/dev/null 2>&1 || ip link add "h$n" netns du-sw type veth peer name eth0 netns "du-$n"
  ip -n du-sw link set dev "h$n" master br0 up
  ip -n "du-$n" link set lo up; ip -n "du-$n" addr replace $NET."$n"/24 dev eth0; ip -n "du-$n" link set eth0 up
  ip -n "du-$n" route replace default via $NET.254
}

# --- images -----------------------------------------------------------------------------------------------------
pack() { # pack ROOT NAME -> $HOME_/images/NAME.tar for docker load; same content, same image ID on every machine
  local root=$1 name=$2 o=$HOME_/images t l c; mkdir -p "$o"; t=$(mktemp -d "$o/.t.XXXXXX")
  tar -C "$root" --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --format=gnu -cf "$t/layer.tar" .
  l=$(sha256sum <"$t/layer.tar" | cut -d' ' -f1)
  printf '{"architecture":"%s","os":"linux","created":"1970-01-01T00:00:00Z","config":{"Env":["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],"Cmd":["sh"]},"rootfs":{"type":"layers","diff_ids":["sha256:%s"]},"history":[{"created":"1970-01-01T00:00:00Z","created_by":"docker-up.sh"}]}' \
    "$(dpkg --print-architecture)" "$l" >"$t/config.json"
  c=$(sha256sum <"$t/config.json" | cut -d' ' -f1); mv "$t/config.json" "$t/$c.json"
  printf '[{"Config":"%s.json","RepoTags":["%s"],"Layers":["layer.tar"]}]' "$c" "$name" >"$t/manifest.json"
  tar -C "$t" --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -cf "$o/${name//[:\/]/_}.tar" "$c.json" layer.tar manifest.json
  echo "sha256:$c" >"$o/${name//[:\/]/_}.id"; rm -rf "$t"
}
bb_root() { # a root folder with busybox and its commands
  local r=$1 b; b=$(find "$PFX" -type f -name busybox -path '*bin/busybox' | head -1)
  mkdir -p "$r"/{bin,etc,tmp,proc,sys,dev,run,root,home,usr/local/bin,var/www,var/log,srv}; chmod 1777 "$r/tmp"
  ln -s bin "$r/sbin"; ln -s ../bin "$r/usr/bin"; ln -s ../bin "$r/usr/sbin"; ln -s ../run "$r/var/run"
  cp "$b" "$r/bin/busybox"; chmod 755 "$r/bin/busybox"
  for b in $("$r/bin/busybox" --list); do [ -e "$r/bin/$b" ] || ln -s busybox "$r/bin/$b"; done
  printf 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\nwww-data:x:33:33::/var/www:/bin/false\n' >"$r/etc/passwd"
  printf 'root:x:0:\nnogroup:x:65534:\nwww-data:x:33:\n' >"$r/etc/group"
}
make_images() {
  [ -e "$HOME_/images/glibc_local.tar" ] && return
  local t l p; t=$(mktemp -d "$HOME_/.r.XXXXXX"); chmod 755 "$t"
  bb_root "$t"; pack "$t" busybox:local
  # what a Rust program built on this machine needs: this machine's C library, resolver and certificates
  for l in libc.so.6 libm.so.6 libdl.so.2 libpthread.so.0 librt.so.1 libresolv.so.2 libutil.so.1 libgcc_s.so.1 libnss_dns.so.2 libnss_files.so.2; do
    p=$(ldconfig -p | awk -v l="$l" '$1 == l && !p {p = $NF} END {print p}'); [ -n "$p" ] || continue
    mkdir -p "$t$(dirname "$p")"; cp -L "$p" "$t$p"
  done
  p=$(ldd /bin/bash | awk '/^[ \t]*\/.*ld-/{print $1}'); mkdir -p "$t$(dirname "$p")"; cp -L "$p" "$t$p" # the loader, by the name programs ask for
  printf 'hosts: files dns\npasswd: files\ngroup: files\n' >"$t/etc/nsswitch.conf"
  mkdir -p "$t/etc/ssl/certs"; cp -L /etc/ssl/certs/ca-certificates.crt "$t/etc/ssl/certs/" 2>/dev/null || true
  pack "$t" glibc:local; rm -rf "$t"
}
load_images() { # into the engine at SOCK, if not there yet
  local s=$1 n; make_images
  for n in busybox:local glibc:local; do
    [ "$("$PFX/usr/bin/docker" -H "unix://$s" image inspect -f '{{.Id}}' $n 2>/dev/null)" = "$(cat "$HOME_/images/${n//[:\/]/_}.id")" ] ||
      "$PFX/usr/bin/docker" -H "unix://$s" load -q -i "$HOME_/images/${n//[:\/]/_}.tar" >/dev/null
  done
}
deb_image() { # deb-image NAME PKG...
  local name=$1 t d own; shift; own=$(. /etc/os-release; echo "$VERSION_CODENAME")
  d=$(mktemp -d "$HOME_/.d.XXXXXX"); t=$(mktemp -d "$HOME_/.r.XXXXXX"); chmod 755 "$t"; mkdir -p "$d/partial"; : >"$d/status"
  papt "$own" install -y --no-install-recommends --download-only -o Dir::State::status="$d/status" -o Dir::Cache::archives="$d" -o Debug::NoLocking=1 "$@" >"$HOME_/apt.log" 2>&1 || { tail "$HOME_/apt.log" >&2; die "cannot get $*"; }
  mkdir -p "$t"/usr/{bin,sbin,lib,lib64}; ln -s usr/bin "$t/bin"; ln -s usr/sbin "$t/sbin"; ln -s usr/lib "$t/lib"; ln -s usr/lib64 "$t/lib64"
  # `dpkg -x` would put a real folder in place of a merged-usr link, so unpack by tar
  for f in "$d"/*.deb; do dpkg-deb --fsys-tarfile "$f" | tar -C "$t" -x --keep-directory-symlink --exclude=./usr/share/doc --exclude=./usr/share/man --exclude=./usr/share/locale; done
  local b; b=$(find "$PFX" -type f -name busybox -path '*bin/busybox' | head -1); cp "$b" "$t/usr/bin/busybox"
  for f in $("$b" --list); do [ -e "$t/usr/bin/$f" ] || [ -L "$t/usr/bin/$f" ] || [ -e "$t/usr/sbin/$f" ] || ln -s busybox "$t/usr/bin/$f"; done
  mkdir -p "$t"/{etc,tmp,run,var/log,var/lib,root,proc,sys,dev}; chmod 1777 "$t/tmp"
  [ -e "$t/etc/passwd" ] || printf 'root:x:0:0:root:/root:/bin/sh\nwww-data:x:33:33::/var/www:/bin/false\nnobody:x:65534:65534:nobody:/:/bin/false\n' >"$t/etc/passwd"
  [ -e "$t/etc/group" ] || printf 'root:x:0:\nadm:x:4:\nwww-data:x:33:\nnogroup:x:65534:\n' >"$t/etc/group"
  pack "$t" "$name"; rm -rf "$d" "$t"
  "$PFX/usr/bin/docker" -H "unix://$SOCK" load -q -i "$HOME_/images/${name//[:\/]/_}.tar"
}

registry() {
  local port=${1:-5000} r p i; r=$RUN/registry-$port; mkdir -p "$r" "$STATE/registry-$port"
  if ! alive "$r/pid" docker-registry >/dev/null; then
    printf 'version: 0.1\nlog: {level: warn}\nstorage: {filesystem: {rootdirectory: %s}, delete: {enabled: true}}\nhttp: {addr: "0.0.0.0:%s"}\n' "$STATE/registry-$port" "$port" >"$r/config.yml"
    [ -z "${DOCKER_UP_HTPASSWD:-}" ] || printf 'auth: {htpasswd: {realm: registry, path: %s}}\n' "$DOCKER_UP_HTPASSWD" >>"$r/config.yml"
    setsid "$PFX/usr/bin/docker-registry" serve "$r/config.yml" >"$r/log" 2>&1 </dev/null 9>&- & p=$!; echo $p >"$r/pid"
    for ((i = 0; i < 200; i++)); do (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && break; kill -0 $p 2>/dev/null || { tail -5 "$r/log" >&2; die "registry ended"; }; sleep 0.05; done
  fi
  echo "registry: localhost:$port, from the hosts $NET.254:$port"
}

cmd=${1:-up}; [ $# = 0 ] || shift
case $cmd in
up)
  install_engine; install_plugins
  start_engine main "$SOCK" -- "$@"; load_images "$SOCK"
  export DOCKER_HOST=unix://$SOCK
  docker version -f 'docker client {{.Client.Version}}, engine {{.Server.Version}} (API {{.Server.APIVersion}})' 9>&-
  echo "compose $(docker compose version --short 9>&-), $(docker buildx version 9>&- | cut -d' ' -f1,2), $(runc --version 2>/dev/null | head -1 || true), $("$PFX/usr/bin/docker-registry" --version | awk "{print \"docker-registry \" \$3}")"
  docker image ls --format '{{.Repository}}:{{.Tag}} {{.ID}} {{.Size}}' 9>&- | grep ':local ' ;;
plugins) install_engine; install_plugins ;;
down) stop_engine main ;;
registry) install_engine; registry "$@" ;;
registry-down) r=$RUN/registry-${1:-5000}; ! p=$(alive "$r/pid" docker-registry) || kill "$p"; rm -f "$r/pid" ;;
host)
  n=$1; shift; [ "$n" -ge 1 ] && [ "$n" -le 200 ] || die "host number 1-200"
  install_engine; install_plugins; need_tools; host_net "$n"
  start_engine "$n" "$RUN/$n/s.sock" nsenter --net="/run/netns/du-$n" -- "$@"; load_images "$RUN/$n/s.sock"
  echo "host $n: address $NET.$n, DOCKER_HOST=unix://$RUN/$n/s.sock" ;;
host-down)
  for n; do (stop_engine "$n" 9>&-; [ ! -e "/run/netns/du-$n" ] || ip netns del "du-$n") & done; wait
  [ -n "$(ls /run/netns 2>/dev/null | grep -E '^du-[0-9]+$')" ] || [ ! -e /run/netns/du-sw ] || { ip netns del du-sw; ip link del du-up 2>/dev/null || true; } ;;
host-kill) stop_engine "$1" KILL ;;
host-exec) n=$1; shift; exec 9>&-; exec nsenter --net="/run/netns/du-$n" env DOCKER_HOST="unix://$RUN/$n/s.sock" "$@" ;;
deb-image) install_engine; install_plugins; deb_image "$@" ;;
env) echo "export PATH=\"\$PATH:$PFX/usr/bin\" DOCKER_HOST=unix://$SOCK" ;;
*) die "unknown command $cmd" ;;
esac
