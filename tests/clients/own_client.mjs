// Drives Core with its own client library, as Core serves it.
//
// usage: own_client.mjs LIBRARY ADDRESS USERNAME PASSWORD
// Prints one line of JSON: what came of each step.
import { pathToFileURL } from "node:url";

const [library, address, username, password] = process.argv.slice(2);
const { KomodoClient, Types } = await import(pathToFileURL(library));

const login = await KomodoClient(address).auth.login("LoginLocalUser", { username, password });
const person = KomodoClient(address, { type: "jwt", params: { jwt: login.data.jwt } });
const { key, secret } = await person.auth.manage("CreateApiKey", { name: "own", expires: 0 });
const api = KomodoClient(address + "/", { type: "api-key", params: { key, secret } });

const found = { version: await api.core_version(), told: null };
if (globalThis.WebSocket) {
  const cancel = { cancelled: false };
  const told = new Promise((resolve) => {
    api.subscribe_to_update_websocket({
      cancel,
      on_login: () => resolve_login(),
      on_update: (update) => update.operation === "RunProcedure" && resolve(update.operation),
    });
  });
  var resolve_login;
  await new Promise((resolve) => (resolve_login = resolve));
  found.wait = told.then((operation) => ((cancel.cancelled = true), operation));
}
const executions = [{ execution: { type: "Sleep", params: { duration_ms: 10 } }, enabled: true }];
const stages = [{ name: "wait", enabled: true, executions }];
await api.write("CreateProcedure", { name: "nap", config: { stages } });
const update = await api.execute_and_poll("RunProcedure", { procedure: "nap" });
found.update = [update.operation, update.status, update.success];
const [one] = await api.execute_and_poll("BatchRunProcedure", { pattern: "n*" });
found.batch = [one.status, one.data.status];
await api.read("GetStack", { stack: "nobody" }).catch((error) => {
  found.missing = [error.status, error.result.error.includes("nobody")];
});
found.told = found.wait ? await found.wait : "RunProcedure";
delete found.wait;
if (Types.UpdateStatus.Complete !== "Complete") throw new Error("Types has no values");
console.log(JSON.stringify(found));
