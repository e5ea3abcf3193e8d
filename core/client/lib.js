/* @ts-self-types="./lib.d.ts" */
// The client library of Core, for browsers, Node and Deno. Core serves it at /client/lib.js; actions get a client
// of it ready made, under the name `komodo`.
//
//   import { KomodoClient, Types } from "https://core.example.com/client/lib.js";
//   const komodo = KomodoClient("https://core.example.com", { type: "api-key", params: { key, secret } });
//   const stacks = await komodo.read("ListStacks", {});
//   const update = await komodo.execute_and_poll("DeployStack", { stack: "web" });
//
// Names and shapes are those of the Komodo 2.3 API. What is refused is thrown: { status, result: { error, trace } }.

import * as Types from "./types.js";

export { Types };

/** How long to wait before a run is asked for again, and a websocket opened again (milliseconds). */
const PAUSE = 500;
const RECONNECT = 5_000;

const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** What an error says, whatever it is. */
function described(result, fallback) {
  if (result && typeof result === "object" && "error" in result) return result;
  return { error: typeof result === "string" && result ? result : fallback, trace: [] };
}

/**
 * A client of one Core.
 *
 * @param {string} url where Core is
 * @param options `{ type: "jwt", params: { jwt } }` or `{ type: "api-key", params: { key, secret } }`
 */
export function KomodoClient(url, options = { type: "jwt", params: { jwt: "" } }) {
  const base = String(url).replace(/\/+$/, "");
  const params = options.params ?? {};
  const credentials = () => {
    if (options.type === "api-key") return { "X-Api-Key": params.key, "X-Api-Secret": params.secret };
    return params.jwt ? { Authorization: params.jwt } : {};
  };

  async function answer(path, init) {
    let response;
    try {
      response = await fetch(base + path, { credentials: "same-origin", ...init });
    } catch (error) {
      throw { status: 0, result: described(undefined, `${base} does not answer: ${error?.message ?? error}`), error };
    }
    const text = await response.text();
    let result = text;
    try {
      result = JSON.parse(text);
    } catch {
      // It stays the text that it is.
    }
    if (response.ok) return result;
    throw { status: response.status, result: described(result, response.statusText) };
  }

  const post = (group) => (type, params = {}) =>
    answer(`${group}/${encodeURIComponent(type)}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...credentials() },
      body: JSON.stringify(params ?? {}),
    });

  const read = post("/read");
  const write = post("/write");
  const execute = post("/execute");

  /** Waits until a run is complete. */
  async function poll_update_until_complete(id) {
    for (;;) {
      const update = await read("GetUpdate", { id });
      if (update.status === Types.UpdateStatus.Complete) return update;
      await sleep(PAUSE);
    }
  }

  const id_of = (update) => update?._id?.$oid ?? update?.id ?? "";

  async function complete(update) {
    // A run that did nothing has no id.
    const id = id_of(update);
    return id && update.status !== Types.UpdateStatus.Complete ? poll_update_until_complete(id) : update;
  }

  /** Executes, and waits for the end. A batch gives one item for each resource. */
  async function execute_and_poll(type, params = {}) {
    const result = await execute(type, params);
    if (!Array.isArray(result)) return complete(result);
    return Promise.all(
      result.map(async (item) => (item.status === "Err" ? item : { ...item, data: await complete(item.data) })),
    );
  }

  /** A websocket that tells of updates, logged in as this client. */
  function get_update_websocket({ on_login, on_update, on_open, on_close, on_error } = {}) {
    const socket = new WebSocket(`${base.replace(/^http/, "ws")}/ws/update`);
    let logged_in = false;
    socket.addEventListener("open", () => {
      on_open?.();
      const login =
        options.type === "api-key"
          ? { type: "ApiKeys", params: { key: params.key, secret: params.secret } }
          : { type: "Jwt", params: { jwt: params.jwt } };
      socket.send(JSON.stringify(login));
    });
    socket.addEventListener("message", ({ data }) => {
      if (!logged_in) {
        if (data === "LOGGED_IN") {
          logged_in = true;
          on_login?.();
        } else {
          on_error?.(new Error(String(data)));
        }
        return;
      }
      let update;
      try {
        update = JSON.parse(data);
      } catch {
        return;
      }
      on_update?.(update);
    });
    socket.addEventListener("error", (event) => on_error?.(event));
    socket.addEventListener("close", () => on_close?.());
    return socket;
  }

  /** The same, opened again when it closes, until `cancel.cancelled` is set. */
  async function subscribe_to_update_websocket({
    retry = true,
    retry_timeout_ms = RECONNECT,
    cancel = { cancelled: false, cancel() {} },
    on_cancel,
    ...listeners
  } = {}) {
    for (;;) {
      const socket = get_update_websocket(listeners);
      const closed = new Promise((resolve) => socket.addEventListener("close", resolve));
      let watch;
      const cancelled = new Promise((resolve) => {
        watch = setInterval(() => cancel.cancelled && resolve(), PAUSE);
      });
      await Promise.race([closed, cancelled]);
      clearInterval(watch);
      if (cancel.cancelled) {
        socket.close();
        on_cancel?.();
        return;
      }
      if (!retry) return;
      await sleep(retry_timeout_ms);
    }
  }

  return {
    /** Logging in, and one's own account. */
    auth: { login: post("/auth/login"), manage: post("/auth/manage") },
    /** Who this client is. */
    get_user: () => answer("/user", { headers: credentials() }),
    read,
    write,
    execute,
    execute_and_poll,
    poll_update_until_complete,
    /** The version of the API that Core speaks. */
    core_version: async () => (await read("GetVersion", {})).version,
    get_update_websocket,
    subscribe_to_update_websocket,
  };
}
