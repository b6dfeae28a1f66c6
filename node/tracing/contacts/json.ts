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
import { PROBLEM_REASONS, problemText } from '../../../shared/i18n/catalogue.ts';
import type { ShownContacts } from './operations.ts';
import { type Contact, placeKindsOf, placeOf, settingsOf, TAKE_OVER_STATES } from './rules.ts';

const possibleOutput = z.object({
  name: textOutput('Nguyễn Văn An').nullable(),
  address: textOutput('12 Lê Lợi').nullable(),
  identifiers: z.array(identifierOutput),
});

const { CONTACT_UNKNOWN } = PROBLEM_REASONS;

const takeOverOutput = z
  .enum(TAKE_OVER_STATES)
  .nullable()
  .openapi({
    description: bilingual(
      'tỉnh này xin nhận: trung tâm chưa nghe, đã đồng ý, đã từ chối; null: không xin, hoặc đã nhận',
      'this province asks for it: not heard by the hub yet, agreed, refused; null: it does not, or has it',
    ),
  });

/** zod schema of how a wish stands. */
export const takenOverOutput = z
  .object({ contact: textOutput('9f86d081884c7d659a2feaa0c55ad015'), take_over: takeOverOutput })
  .openapi('TakeOver');

/** How somebody was exposed, of whatever answer it is a part. */
export const exposureFields = {
  degree: z.int(),
  first_exposed_at: instantOutput,
  last_exposed_at: instantOutput,
  seconds: z.int(),
  settings: z.array(z.enum(['place', 'encounter', 'household'])),
  place_kinds: z.array(placeKindOutput),
  exposed_in: z.array(provinceOutput),
};

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
    ...exposureFields,
    also_claimed: z.boolean().openapi({
      description: bilingual(
        'tỉnh khác phụ trách; tỉnh này cũng nhận là cư dân của mình',
        'another province is responsible; this one claims the person as its resident, too',
      ),
    }),
    take_over: takeOverOutput,
    take_over_refusal: z
      .string()
      .nullable()
      .openapi({
        description: bilingual('vì sao trung tâm từ chối', 'why the hub refused'),
        example: 'CONTACT_UNKNOWN',
      }),
    take_over_detail: z
      .string()
      .nullable()
      .openapi({
        description: bilingual('lý do ấy bằng lời, hai thứ tiếng', 'that reason in words, in both languages'),
        example: bilingual(CONTACT_UNKNOWN.vi, CONTACT_UNKNOWN.en),
      }),
  })
  .openapi('Contact');

/** A contact as answers show it. */
export function showContact({ settings, placeKinds, ...contact }: Contact): Shown<typeof contactOutput> {
  return {
    ...contact,
    ...{ settings: settingsOf(settings), placeKinds: placeKindsOf(placeKinds) },
    takeOverDetail: contact.takeOverRefusal === null ? null : inWords(contact.takeOverRefusal),
  };
}

/** In both languages; the word of a newer hub may have no text here. */
function inWords(reason: string): string {
  const [vi, en] = [problemText({ reason }, [], 'vi'), problemText({ reason }, [], 'en')];
  return vi === undefined || en === undefined ? reason : bilingual(vi, en);
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
