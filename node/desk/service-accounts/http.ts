/**
 * `/v1/service-accounts`: made, listed and revoked by the province's operator.
 */
import { z } from '@hono/zod-openapi';
import { isoInstant } from '../../../shared/domain/instant.ts';
import { instantInput, instantOutput, isoInstantOrNull } from '../../../shared/http/instants.ts';
import { cutPage, decodeCursor, nextOutput, pageQuery } from '../../../shared/http/paging.ts';
import { apiRoute, newRoutes, type Routes } from '../../../shared/http/route.ts';
import {
  createAccount,
  listAccounts,
  revokeAccount,
  type ServiceAccount,
  type ServiceAccountsContext,
} from './operations.ts';
import { SERVICE_SCOPES } from './rules.ts';

const scopes = z.array(z.enum(SERVICE_SCOPES)).min(1).max(SERVICE_SCOPES.length);

const newAccount = z
  .strictObject({
    name: z.string().trim().min(1).max(100),
    scopes,
    expires_at: instantInput.optional(),
  })
  .openapi('NewServiceAccount');

const accountOutput = z
  .object({
    id: z.uuid(),
    name: z.string(),
    scopes: z.array(z.string()),
    created_by: z.string(),
    created_at: instantOutput,
    expires_at: instantOutput.nullable(),
    revoked_at: instantOutput.nullable(),
  })
  .openapi('ServiceAccount');

const createdOutput = accountOutput
  .extend({ key: z.string().openapi({ description: 'chỉ hiện một lần · shown once, never again' }) })
  .openapi('CreatedServiceAccount');

const cursor = z.tuple([z.number(), z.uuid()]);
const idParam = z.object({ id: z.uuid().transform((id) => id.toLowerCase()) });
const tags = ['service-accounts'];
const json = <T extends z.ZodType>(schema: T) => ({ 'application/json': { schema } });

const postAccount = apiRoute('service_accounts.create', {
  method: 'post',
  path: '/v1/service-accounts',
  tags,
  summary: 'Tạo tài khoản dịch vụ · Make a service account',
  request: { body: { required: true, content: json(newAccount) } },
  responses: { 201: { description: 'Đã tạo · Made', content: json(createdOutput) } },
});

const getAccounts = apiRoute('service_accounts.list', {
  method: 'get',
  path: '/v1/service-accounts',
  tags,
  summary: 'Các tài khoản dịch vụ · Service accounts, newest first',
  request: { query: pageQuery(200, 50) },
  responses: {
    200: {
      description: 'OK',
      content: json(z.object({ service_accounts: z.array(accountOutput), next: nextOutput })),
    },
  },
});

const postRevocation = apiRoute('service_accounts.revoke', {
  method: 'post',
  path: '/v1/service-accounts/{id}/revoke',
  tags,
  summary: 'Thu hồi · Revoke one, at once and for good',
  request: { params: idParam },
  responses: { 200: { description: 'Đã thu hồi · Revoked', content: json(accountOutput) } },
});

/** The routes of service accounts. */
export function serviceAccountRoutes(ctx: ServiceAccountsContext): Routes {
  const routes = newRoutes();
  routes.openapi(postAccount, async (c) => {
    const { name, scopes, expires_at } = c.req.valid('json');
    const { account, key } = await createAccount(ctx, c.get('caller'), {
      name,
      scopes,
      expiresAt: expires_at,
    });
    return c.json({ ...toJson(account), key }, 201);
  });
  routes.openapi(getAccounts, async (c) => {
    const { limit, after } = c.req.valid('query');
    const key = decodeCursor(after, cursor);
    const page = { limit, after: key && { createdAt: key[0], id: key[1] } };
    const found = await listAccounts(ctx, c.get('caller'), page);
    const { page: shown, next } = cutPage(found, limit, ({ createdAt, id }) => [createdAt, id]);
    return c.json({ service_accounts: shown.map(toJson), next }, 200);
  });
  routes.openapi(postRevocation, async (c) => {
    return c.json(toJson(await revokeAccount(ctx, c.get('caller'), c.req.valid('param').id)), 200);
  });
  return routes;
}

function toJson(account: ServiceAccount): z.output<typeof accountOutput> {
  const { id, name, scopes, createdBy } = account;
  return {
    ...{ id, name, scopes: [...scopes], created_by: createdBy },
    created_at: isoInstant(account.createdAt),
    expires_at: isoInstantOrNull(account.expiresAt),
    revoked_at: isoInstantOrNull(account.revokedAt),
  };
}
