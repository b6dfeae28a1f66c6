/**
 * A contact in JSON and in files: its schema, and the words of its numbers.
 */
import { z } from '@hono/zod-openapi';
import {
  identifierOutput,
  placeKindOutput,
  provinceOutput,
  textOutput,
  wardOutput,
} from '../../../shared/http/fields.ts';
import { instantOutput } from '../../../shared/http/instants.ts';
import type { Shown } from '../../../shared/http/json-case.ts';
import { type Contact, placeKindsOf, placeOf, settingsOf } from './rules.ts';

/** zod schema of a contact in an answer. */
export const contactOutput = z
  .object({
    id: textOutput('9f86d081884c7d659a2feaa0c55ad015'),
    identifiers: z.array(identifierOutput),
    name: textOutput('Nguyễn Văn An').nullable(),
    address: textOutput('12 Lê Lợi').nullable(),
    ward: wardOutput.nullable(),
    degree: z.int(),
    first_exposed_at: instantOutput,
    last_exposed_at: instantOutput,
    seconds: z.int(),
    settings: z.array(z.enum(['place', 'encounter', 'household'])),
    place_kinds: z.array(placeKindOutput),
    exposed_in: z.array(provinceOutput),
  })
  .openapi('Contact');

/** A contact as answers show it. */
export function showContact({ settings, placeKinds, ...contact }: Contact): Shown<typeof contactOutput> {
  return { ...contact, settings: settingsOf(settings), placeKinds: placeKindsOf(placeKinds) };
}

/** How contacts are listed, in answers and in events. */
export const CONTACT_LIST = {
  items: 'contacts',
  output: contactOutput,
  placeOf,
  show: showContact,
} as const;
