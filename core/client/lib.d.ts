// The types of lib.js.

import type * as Types from "./types.js";
import type {
  ExecuteResponses,
  LoginResponses,
  ManageResponses,
  ReadResponses,
  WriteResponses,
} from "./responses.js";

export * as Types from "./types.js";

/** How a client shows who it is. */
export type ClientOptions =
  | { type: "jwt"; params: { jwt: string } }
  | { type: "api-key"; params: { key: string; secret: string } };

/** What is thrown when a request is refused. */
export interface Refused {
  /** The HTTP status; 0 when Core does not answer. */
  status: number;
  result: { error: string; trace: string[] };
  error?: unknown;
}

type Answer<R> = <T extends keyof R & keyof Types.Requests>(type: T, params: Types.Requests[T]) => Promise<R[T]>;

/** What tells of updates. */
export interface UpdateListeners {
  on_login?: () => void;
  on_update?: (update: Types.UpdateListItem) => void;
  on_open?: () => void;
  on_close?: () => void;
  on_error?: (error: unknown) => void;
}

export interface CancelToken {
  cancelled: boolean;
  cancel: () => void;
}

/** A batch, complete: an item for each resource. */
type Polled<R> = R extends unknown[] ? Types.BatchExecutionResponseItem[] : Types.Update;

export interface Client {
  auth: { login: Answer<LoginResponses>; manage: Answer<ManageResponses> };
  get_user(): Promise<Types.User>;
  read: Answer<ReadResponses>;
  write: Answer<WriteResponses>;
  execute: Answer<ExecuteResponses>;
  execute_and_poll<T extends keyof ExecuteResponses & keyof Types.Requests>(
    type: T,
    params: Types.Requests[T],
  ): Promise<Polled<ExecuteResponses[T]>>;
  poll_update_until_complete(id: string): Promise<Types.Update>;
  core_version(): Promise<string>;
  get_update_websocket(listeners?: UpdateListeners): WebSocket;
  subscribe_to_update_websocket(
    options?: UpdateListeners & {
      retry?: boolean;
      retry_timeout_ms?: number;
      cancel?: CancelToken;
      on_cancel?: () => void;
    },
  ): Promise<void>;
}

export declare function KomodoClient(url: string, options?: ClientOptions): Client;
