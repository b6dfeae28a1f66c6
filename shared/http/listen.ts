/**
 * Addresses as configuration gives them: `host:port`, `[::1]:port`.
 */
import { z } from 'zod';
import { fault, refuse } from '../shape-errors.ts';

export interface Listen {
  readonly host: string;
  /** 0 = any free port. */
  readonly port: number;
}

/** Reads `host:port`; undefined if it is not one. */
export function parseListen(text: string): Listen | undefined {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([^\s:[\]/]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  const host = match?.[1] ?? match?.[2];
  return host === undefined || port > 65_535 ? undefined : { host, port };
}

/** zod schema of `host:port` that stays text, for those who want it so. */
export const addressSchema = z
  .string()
  .refine((text) => parseListen(text) !== undefined, fault({ reason: 'NOT_HOST_PORT' }));

/** zod schema of `host:port`. */
export const listenSchema = z.string().transform((text, ctx): Listen => {
  const listen = parseListen(text);
  if (listen) return listen;
  return refuse(ctx, { reason: 'NOT_HOST_PORT' });
});
