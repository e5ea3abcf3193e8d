// What an action finds ready: the client `komodo`, `Types`, `ARGS`, `YAML` and `TOML`. Then the action itself.
import { formats } from "./formats.js";
import { KomodoClient, Types } from "./lib.js";

const file = new URL("./preset.json", import.meta.url);
const { address, key, secret, args, converter } = JSON.parse(Deno.readTextFileSync(file));
Deno.removeSync(file);

const komodo = KomodoClient(address, { type: "api-key", params: { key, secret } });
Object.assign(globalThis, { ARGS: args, komodo, KomodoClient, Types, ...formats(converter) });

try {
  const action = await import("./action.ts");
  await action.main?.();
  console.log("The action has ended well.");
} catch (error) {
  if (error && typeof error === "object" && "status" in error && "result" in error) {
    console.error(`The API refused a request: status ${error.status}`);
    console.error(JSON.stringify(error.result, null, 2));
  } else {
    console.error(error);
  }
  Deno.exit(1);
}
