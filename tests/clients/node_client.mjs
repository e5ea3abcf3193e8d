// Drives Core with the client package `komodo_client` of npm as it is published, in a process of its own.
//
// usage: node_client.mjs FOLDER ADDRESS USERNAME PASSWORD PREFIX
// FOLDER is where the package is installed. Prints one line of JSON: what came of each step.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [folder, address, username, password, prefix] = process.argv.slice(2);
const resolve = createRequire(pathToFileURL(folder + "/")).resolve;
// The package expects what a browser has.
const stored = new Map();
globalThis.localStorage = {
  getItem: (key) => stored.get(key) ?? null,
  setItem: (key, value) => stored.set(key, String(value)),
  removeItem: (key) => stored.delete(key),
};
const { KomodoClient } = await import(pathToFileURL(resolve("komodo_client")));

const nobody = KomodoClient(address, { type: "jwt", params: { jwt: "" } });
const login = await nobody.auth.login("LoginLocalUser", { username, password });
const person = KomodoClient(address, { type: "jwt", params: { jwt: login.data.jwt } });
const { key, secret } = await person.auth.manage("CreateApiKey", { name: "client", expires: 0 });
const api = KomodoClient(address, { type: "api-key", params: { key, secret } });

const found = { version: (await api.read("GetVersion", {})).version };
const server = await api.write("CreateServer", { name: prefix + "server", config: { enabled: false } });
const contents = "services: {}\n";
const stack = await api.write("CreateStack", {
  name: prefix + "stack",
  config: { server_id: server._id.$oid, file_contents: contents },
});
const executions = [{ execution: { type: "Sleep", params: { duration_ms: 10 } }, enabled: true }];
const procedure = await api.write("CreateProcedure", {
  name: prefix + "procedure",
  config: { stages: [{ name: "wait", enabled: true, executions }] },
});
const update = await api.execute_and_poll("RunProcedure", { procedure: procedure.name });
found.status = update.status;
found.success = update.success;
found.operation = update.operation;
found.servers = (await api.read("ListServers", {})).map((item) => item.name);
found.stack = (await api.read("GetStack", { stack: stack.name })).config;
found.procedures = (await api.read("ListProcedures", {})).map((item) => item.name);
await api.read("GetStack", { stack: "nobody" }).catch((error) => {
  found.missing = { status: error.status, error: error.result?.error };
});
console.log(JSON.stringify(found));
