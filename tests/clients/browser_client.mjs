// Drives Core with its own client library in a browser, on a page of Core's own origin.
//
// usage: browser_client.mjs FOLDER BROWSER ADDRESS USERNAME PASSWORD
// FOLDER has playwright-core in its node_modules. Prints one line of JSON: what came of each step.
import { createRequire } from "node:module";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const [folder, executablePath, address, username, password] = process.argv.slice(2);
const { chromium } = createRequire(join(resolve(folder), "package.json"))("playwright-core");
const profile = mkdtempSync(join(tmpdir(), "varanus-browser-"));
const browser = await chromium.launchPersistentContext(profile, {
  executablePath,
  headless: true,
  chromiumSandbox: false, // tests may run as root
  args: ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"],
  timeout: 60_000,
});
try {
  const page = await browser.newPage();
  page.setDefaultTimeout(60_000);
  const wrong = [];
  page.on("pageerror", (error) => wrong.push(String(error)));
  page.on("console", (message) => {
    const { url } = message.location(); // a browser asks by itself for an icon, and Core has none
    if (message.type() === "error" && !url.endsWith("/favicon.ico")) wrong.push(`${url}: ${message.text()}`);
  });
  await page.goto(address + "/version");
  const found = await page.evaluate(async ({ address, username, password }) => {
    const { KomodoClient, Types } = await import("/client/lib.js");
    const login = await KomodoClient(address).auth.login("LoginLocalUser", { username, password });
    const api = KomodoClient(address, { type: "jwt", params: { jwt: login.data.jwt } });
    const found = { origin: location.origin, version: await api.core_version() };
    await api.write("CreateProcedure", { name: "nap", config: { stages: [] } });
    const cancel = { cancelled: false };
    let listening;
    const ready = new Promise((resolve) => (listening = resolve));
    const told = new Promise((resolve) => {
      api.subscribe_to_update_websocket({
        cancel,
        on_login: listening,
        on_update: (update) => update.operation === "RunProcedure" && resolve(update.operation),
      });
    });
    await ready;
    const update = await api.execute_and_poll("RunProcedure", { procedure: "nap" });
    found.update = [update.operation, update.status === Types.UpdateStatus.Complete, update.success];
    found.told = await told;
    cancel.cancelled = true;
    found.procedures = (await api.read("ListProcedures", {})).map((one) => one.name);
    return found;
  }, { address, username, password });
  // What is refused is told too; a browser logs each such answer by itself.
  if (wrong.length) throw new Error("the page says: " + wrong.join("\n"));
  found.missing = await page.evaluate(async ({ address, username, password }) => {
    const { KomodoClient } = await import("/client/lib.js");
    const login = await KomodoClient(address).auth.login("LoginLocalUser", { username, password });
    const api = KomodoClient(address, { type: "jwt", params: { jwt: login.data.jwt } });
    const refused = await api.read("GetStack", { stack: "nobody" }).catch((error) => error);
    return [refused.status, refused.result.error.includes("nobody")];
  }, { address, username, password });
  console.log(JSON.stringify(found));
} finally {
  await browser.close();
  rmSync(profile, { recursive: true, force: true });
}
