/**
 * A contact in JSON and in files: its schema, the words of its numbers, and what is said of all contacts that
 * are shown at once.
 */
import { z } from '@hono/zod-openapi';
import {
  identifierOutput,
  personOutput,
  placeKindOutput,
  provinceOutput,
  textOutput,
  traceIdInput,
  wardOutput,
} from '../../../shared/http/fields.ts';
import { instantOutput } from '../../../shared/http/instants.ts';
import type { Shown } from '../../../shared/http/json-case.ts';
import type { HeadedItems } from '../../../shared/http/list.ts';
import { traceOutput } from '../../../shared/http/trace-json.ts';
import { bilingual } from '../../../shared/i18n/bilingual.ts';
import type { ShownContacts } from './operations.ts';
import { type Contact, placeKindsOf, placeOf, settingsOf } from './rules.ts';

const possibleOutput = z.object({
  name: textOutput('Nguyễn Văn An').nullable(),
  address: textOutput('12 Lê Lợi').nullable(),
  identifiers: z.array(identifierOutput),
});

/** zod schema of a contact in an answer. */
export const contactOutput = z
  .object({
    id: textOutput('9f86d081884c7d659a2feaa0c55ad015'),
    identifiers: z.array(identifierOutput),
    known_elsewhere: z.int().openapi({
      description: bilingual(
        'số định danh khác của người này, do hồ sơ ngoài địa bàn của bạn nêu',
        'further identifiers of the person, which records outside your area name',
      ),
    }),
    name: textOutput('Nguyễn Văn An').nullable(),
    address: textOutput('12 Lê Lợi').nullable(),
    shared_handle: z.boolean().openapi({
      description: bilingual(
        'điện thoại nhiều người dùng: một ai đó trong số họ',
        'a phone that several share: somebody of them, nobody knows who',
      ),
    }),
    may_be: z.array(possibleOutput).openapi({
      description: bilingual(
        'những người trong địa bàn của bạn dùng điện thoại này',
        'who of your area it may be',
      ),
    }),
    ward: wardOutput.nullable(),
    degree: z.int(),
    first_exposed_at: instantOutput,
    last_exposed_at: instantOutput,
    seconds: z.int(),
    settings: z.array(z.enum(['place', 'encounter', 'household'])),
    place_kinds: z.array(placeKindOutput),
    exposed_in: z.array(provinceOutput),
    also_claimed: z.boolean().openapi({
      description: bilingual(
        'tỉnh khác phụ trách; tỉnh này cũng nhận là cư dân của mình',
        'another province is responsible; this one claims the person as its resident, too',
      ),
    }),
  })
  .openapi('Contact');

/** A contact as answers show it. */
export function showContact({ settings, placeKinds, ...contact }: Contact): Shown<typeof contactOutput> {
  return { ...contact, settings: settingsOf(settings), placeKinds: placeKindsOf(placeKinds) };
}

/** zod schema of what is said of all of them. */
export const headingOutput = z.object({
  trace: traceIdInput,
  state: z.enum([...traceOutput.shape.state.options, 'unknown']).openapi({
    description: bilingual('unknown: chưa hỏi được trung tâm', 'unknown: the hub could not be asked'),
  }),
  missing_provinces: z.array(provinceOutput).openapi({
    description: bilingual('các tỉnh chưa trả lời đủ', 'provinces that have not answered everything'),
  }),
  rules: z.int().nullable(),
  at: instantOutput,
  by: personOutput,
});

/** Contacts as a list over HTTP takes them. */
export function headed({ contacts, heading }: ShownContacts): HeadedItems<Contact> {
  return { items: contacts, head: heading };
}

/** How contacts are listed, in answers and in events. */
export const CONTACT_LIST = {
  items: 'contacts',
  head: headingOutput,
  output: contactOutput,
  placeOf,
  show: showContact,
} as const;
