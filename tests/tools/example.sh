# shellcheck shell=bash
# The example of `./dev up --example`: examples/home in a git repository of its own, and the resources that deploy it.
# Sourced by `dev`; uses what up.sh defines.

load_example() {
  say "loading the example"
  example_repository
  resource Repo home '{"server_id":"'"$HOST_NAME"'","git_provider":"'"$GIT_URL"'","git_https":false,"repo":"home","branch":"main"}'
  local stack
  for stack in web clock; do
    resource Stack home-$stack '{"server_id":"'"$HOST_NAME"'","linked_repo":"home","run_directory":"'$stack'"}'
  done
  resource Procedure deploy-home '{"webhook_secret":"'"$(secret "$UP/webhook")"'","stages":[
    {"name":"Pull Repo","enabled":true,"executions":[{"enabled":true,"execution":{"type":"PullRepo","params":{"repo":"home"}}}]},
    {"name":"Deploy Stacks","enabled":true,"executions":[
      {"enabled":true,"execution":{"type":"DeployStackIfChanged","params":{"stack":"home-web"}}},
      {"enabled":true,"execution":{"type":"DeployStackIfChanged","params":{"stack":"home-clock"}}}]}]}'
  [ -z "${DOCKER:-}" ] || containers -a | xargs -r $DOCKER start >/dev/null # those that an earlier call stopped
  say "deploying its stacks"
  KOMODO_CLI_CONFIG_PATHS=$UP "$BIN/km" execute -y run-procedure deploy-home </dev/null || die "the example was not deployed; what is above says why"
  wait_until 30 "http://localhost:9180" curl -fsS -m 2 -o /dev/null http://127.0.0.1:9180
}

# resource KIND NAME CONFIG: creates it unless it is there.
resource() {
  local kind=$1 name=$2 config=$3 answer
  printf '{"%s":"%s"}' "${kind,,}" "$name" | api "read/Get$kind" >/dev/null 2>&1 && return
  answer=$(printf '{"name":"%s","config":%s}' "$name" "$config" | api "write/Create$kind") || die "$kind $name cannot be created: $answer"
}

# A bare repository with a hook that tells Core of a push as a git host does; and a working copy of it.
example_repository() {
  local bare=$UP/git/home.git work=$UP/home
  GIT_URL=$UP/git
  if [ ! -d "$bare" ]; then
    mkdir -p "$UP/git"
    git init -q --bare -b main "$bare"
  fi
  if [ ! -d "$work" ]; then
    git clone -q "$bare" "$work" 2>/dev/null
    cp -R "$ROOT/examples/home/." "$work/"
    (cd "$work" && git config user.name "${USER:-dev}" && git config user.email dev@localhost && git checkout -q -B main && git add -A &&
      git commit -qm "Version 1" && git push -q origin main) || die "the example's repository cannot be made"
  fi
  cat >"$bare/hooks/post-receive" <<HOOK
#!/bin/bash
# Tells Core of a push, as a git host does: signed with the procedure's webhook secret.
while read -r old new ref; do
  body="{\"ref\":\"\$ref\",\"before\":\"\$old\",\"after\":\"\$new\"}"
  sum=\$(printf %s "\$body" | openssl dgst -sha256 -hmac "\$(cat "$UP/webhook")" -r | cut -d' ' -f1)
  printf %s "\$body" | curl -sS -m 10 -H 'content-type: application/json' -H 'x-github-event: push' \\
    -H "x-hub-signature-256: sha256=\$sum" --data-binary @- "$LOCAL/listener/github/procedure/deploy-home/main"
  echo
done
HOOK
  chmod +x "$bare/hooks/post-receive"
}

# The containers of the example end with what deployed them.
stop_example() { containers | xargs -r $DOCKER stop -t 5 >/dev/null; }

# containers [-a]: the ids of the example's containers that run, or of all.
containers() {
  local project
  for project in home-web home-clock; do $DOCKER ps -q "$@" --filter "label=com.docker.compose.project=$project"; done
}
