// YAML and TOML as Core itself reads and writes them: nothing is fetched for it.

/** Has Core convert a text; `converter` is the program of Core. */
function convert(converter, from, to, text) {
  const file = decodeURIComponent(new URL(`./convert-${crypto.randomUUID()}`, import.meta.url).pathname);
  Deno.writeTextFileSync(file, text);
  try {
    const { success, stdout, stderr } = new Deno.Command(converter, { args: ["convert", from, to, file] }).outputSync();
    if (!success) throw new SyntaxError(new TextDecoder().decode(stderr).trim());
    return new TextDecoder().decode(stdout);
  } finally {
    Deno.removeSync(file);
  }
}

export function formats(converter) {
  const parse = (from) => (text) => JSON.parse(convert(converter, from, "json", String(text)));
  const stringify = (to) => (value) => convert(converter, "json", to, JSON.stringify(value ?? null));
  return {
    YAML: { parse: parse("yaml"), parseAll: parse("yaml-documents"), stringify: stringify("yaml") },
    TOML: { parse: parse("toml"), stringify: stringify("toml") },
  };
}
