/**
 * What the pool and its worker threads say to each other. Columns are transferred, not copied.
 */
import type { ErrorCode } from '../errors.ts';
import type { OprfKey } from './oprf-key.ts';

/** Given to a worker at its start; only the hub's has a key. */
export interface OprfWorkerData {
  readonly key?: OprfKey;
}

/** Each is answered once, under its `id`; `batch` names the blinding state that stays in the worker. */
export type OprfRequest =
  | { readonly id: number; readonly kind: 'ready' }
  | {
      readonly id: number;
      readonly kind: 'blind';
      readonly batch: number;
      readonly identifiers: readonly string[];
    }
  | { readonly id: number; readonly kind: 'finalize'; readonly batch: number; readonly column: Uint8Array }
  | { readonly id: number; readonly kind: 'discard'; readonly batch: number }
  | { readonly id: number; readonly kind: 'evaluate'; readonly column: Uint8Array };

/** A column (empty where nothing is to be said), or what was wrong. */
export type OprfResponse =
  | { readonly id: number; readonly column: Uint8Array }
  | { readonly id: number; readonly error: { code: ErrorCode; reason: string; message: string } };
