# The fuzz targets, each for a while, two at a time. Sourced by ./dev.

fuzz_all() {
  local seconds=${1:-60} work=$TARGET/fuzz names
  need_rust
  need g++=g++
  say "build of the fuzz targets"
  RUSTC_WORKSPACE_WRAPPER=$ROOT/fuzz/rustc cargo build -q --workspace --features varanus-fuzz/fuzzer --bin varanus-fuzz
  names=$(ls fuzz/seeds)
  mkdir -p "$work"
  say "fuzzing, $seconds s for each of: $(echo $names)"
  printf '%s\n' $names | FUZZ_SECONDS=$seconds FUZZ_WORK=$work FUZZ_SEED=${FUZZ_SEED:-0} TARGET=$TARGET xargs -P 2 -I{} bash -c '. tests/tools/fuzz.sh; fuzz_one {}' ||
    die "a target has broken its promise: see above"
}

# What it finds that reaches new code is kept in target/fuzz/NAME, and is where the next time begins.
fuzz_one() {
  local name=$1 found=$FUZZ_WORK/$1 log=$FUZZ_WORK/$1.log
  mkdir -p "$found"
  rm -f "$FUZZ_WORK/$name.bytes-"*
  # A seed that a reader cannot do with 10 s or 1 GB is as bad as one that ends the process.
  if VARANUS_FUZZ=$name RUST_BACKTRACE=1 "$TARGET/debug/varanus-fuzz" -seed="${FUZZ_SEED:-0}" -max_total_time="$FUZZ_SECONDS" -timeout=10 -rss_limit_mb=1024 \
    -max_len=8192 -print_final_stats=1 -artifact_prefix="$FUZZ_WORK/$name.bytes-" "$found" "fuzz/seeds/$name" >"$log" 2>&1; then
    printf '%-16s %s runs, code reached: %s\n' "$name" "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")" \
      "$(grep -o 'cov: [0-9]*' "$log" | tail -1 | cut -d" " -f2)"
  else
    printf '%-16s FAILED; the bytes are %s\n' "$name" "$(ls "$FUZZ_WORK/$name.bytes-"* 2>/dev/null | head -1)"
    grep -v '^#' "$log" | tail -40
    echo "once fixed, put them into fuzz/seeds/$name, so that a test runs them ever after"
    return 1
  fi
}
