/**
 * The text that a hub operator hands to a province by a way of their own: where to ask, as whom, with what
 * secret, and which CA to believe before anything else is believed. Whoever has it may ask once; who joins is
 * decided by fingerprint.
 */
import { z } from 'zod';
import { AppError } from '../errors.ts';

const PREFIX = 'truyvet-invitation:';

const shape = z.strictObject({
  version: z.literal(1),
  id: z.uuid(),
  /** `host:port` of the hub's enrolment listener. */
  address: z.string().min(3).max(260),
  province: z.string().regex(/^[0-9]{2}$/),
  /** 32 random bytes in base64url; the hub keeps its SHA-256. */
  secret: z.string().regex(/^[\w-]{43}$/),
  /** SHA-256 of the federation CA's certificate, 64 hex digits. */
  ca_sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** Epoch seconds. */
  expires_at: z.int().min(0),
});

export type Invitation = z.output<typeof shape>;

/** `invitation` as one word that can be pasted. */
export function formatInvitation(invitation: Invitation): string {
  return PREFIX + Buffer.from(JSON.stringify(invitation)).toString('base64url');
}

/** The invitation in `text`. Throws INVALID_ARGUMENT INVITATION_MALFORMED; the message never quotes it. */
export function parseInvitation(text: string): Invitation {
  try {
    const word = text.trim();
    if (!word.startsWith(PREFIX)) throw new Error('no invitation');
    return shape.parse(JSON.parse(Buffer.from(word.slice(PREFIX.length), 'base64url').toString()));
  } catch {
    throw new AppError('INVALID_ARGUMENT', 'INVITATION_MALFORMED', 'not an invitation of Truy Vết');
  }
}
