/**
 * `/v1/service-accounts`: made, listed and revoked by the province's operator.
 */
import { z } from '@hono/zod-openapi';
import { addCommand } from '../../../shared/http/command.ts';
import { areaOutput, personOutput, textOutput, uuidInput, uuidOutput } from '../../../shared/http/fields.ts';
import { instantInput, instantOutput } from '../../../shared/http/instants.ts';
import type { Shown } from '../../../shared/http/json-case.ts';
import { addList } from '../../../shared/http/list.ts';
import { newRoutes, type Routes } from '../../../shared/http/route.ts';
import { bilingual } from '../../../shared/i18n/bilingual.ts';
import { fault } from '../../../shared/shape-errors.ts';
import {
  createAccount,
  listAccounts,
  readAccount,
  revokeAccount,
  type ServiceAccount,
  type ServiceAccountsCtx,
} from './operations.ts';
import { isServiceScope, SERVICE_SCOPES } from './rules.ts';

const scopes = z.array(z.enum(SERVICE_SCOPES)).min(1).max(SERVICE_SCOPES.length);

const areaInput = z
  .string()
  .regex(/^(?:\d{2}|\d{3}|\d{5})$/, fault({ reason: 'NOT_AN_AREA_CODE' }))
  .openapi({
    description: bilingual(
      'xã, huyện hoặc tỉnh; không nêu: cả tỉnh (nhập tệp cần cả tỉnh)',
      'a ward, a district or the province, which it is unless told; imports need the whole province',
    ),
    example: '213',
  });

const newAccount = z
  .strictObject({
    name: z.string().trim().min(1).max(100),
    scopes,
    area: areaInput.optional(),
    expires_at: instantInput.optional(),
  })
  .openapi('NewServiceAccount');

const accountOutput = z
  .object({
    id: uuidOutput,
    name: textOutput('PC-Covid'),
    scopes: z.array(z.enum(SERVICE_SCOPES)),
    area: areaOutput.nullable(),
    created_by: personOutput,
    created_at: instantOutput,
    expires_at: instantOutput.nullable(),
    revoked_at: instantOutput.nullable(),
    version: z.int(),
  })
  .openapi('ServiceAccount');

const createdOutput = accountOutput
  .extend({
    key: z
      .string()
      .nullable()
      .openapi({
        example: 'tvk_24_0190b6c25c1e7a4b9f3d6f0f3f2c8a11',
        description:
          'chỉ hiện một lần; null khi hỏi lại cùng Idempotency-Key: thu hồi, tạo cái khác · shown once, ' +
          'never again; null when the same request comes again: revoke this account and make another',
      }),
  })
  .openapi('CreatedServiceAccount');

const tag = 'service-accounts';
const reasons = { NOT_FOUND: ['NO_SUCH_ACCOUNT'] } as const;

/** The routes of service accounts. */
export function serviceAccountRoutes(ctx: ServiceAccountsCtx): Routes {
  const routes = newRoutes();
  addCommand(routes, ctx, {
    ...{ act: 'service_accounts.create', name: 'createServiceAccount', method: 'post', tag },
    path: '/v1/service-accounts',
    summary: 'Tạo tài khoản dịch vụ · Make a service account',
    ...{ body: newAccount, status: 201, done: 'Đã tạo · Made', output: createdOutput },
    example: {
      ...{ name: 'PC-Covid', scopes: ['imports.write' as const], expires_at: '2030-01-01T00:00:00+07:00' },
    },
    run: ({ caller }, { body }): Promise<CreatedAccount> => createAccount(ctx, caller, body),
    again: async (_call, { id }) => ({ account: await readAccount(ctx, id as string), key: null }),
    show: ({ account, key }) => ({ ...show(account), key }),
  });
  addList(routes, {
    ...{ act: 'service_accounts.list', name: 'listServiceAccounts', path: '/v1/service-accounts', tag },
    summary: 'Các tài khoản dịch vụ · Service accounts, newest first',
    ...{ items: 'service_accounts', output: accountOutput, pages: { most: 200, usual: 50 } },
    place: z.tuple([z.number(), z.uuid()]),
    find: ({ caller }, { limit, after }) =>
      listAccounts(ctx, caller, { limit, after: after && { createdAt: after[0], id: after[1] } }),
    placeOf: ({ createdAt, id }) => [createdAt, id],
    show,
  });
  addCommand(routes, ctx, {
    ...{ act: 'service_accounts.revoke', name: 'revokeServiceAccount', method: 'post', tag, reasons },
    path: '/v1/service-accounts/{id}/revoke',
    summary: 'Thu hồi · Revoke one, at once and for good',
    ...{ params: { id: uuidInput }, status: 200, done: 'Đã thu hồi · Revoked', output: accountOutput },
    run: ({ caller, params }) => revokeAccount(ctx, caller, params.id),
    again: ({ params }) => readAccount(ctx, params.id),
    show,
    versioned: true,
    versionOf: ({ version }) => version,
  });
  return routes;
}

interface CreatedAccount {
  readonly account: ServiceAccount;
  readonly key: string | null;
}

/** Words of scopes that this release does not know are not shown. */
function show({ scopes, ...account }: ServiceAccount): Shown<typeof accountOutput> {
  return { ...account, scopes: scopes.filter(isServiceScope) };
}
