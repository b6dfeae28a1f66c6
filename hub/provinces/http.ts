/**
 * `/v1/provinces`: who is enrolled, who is there, how fresh its data is.
 */
import { z } from '@hono/zod-openapi';
import { provinceOutput, textOutput } from '../../shared/http/fields.ts';
import { instantOutput } from '../../shared/http/instants.ts';
import { addList, itemsAfter } from '../../shared/http/list.ts';
import { newRoutes, type Routes } from '../../shared/http/route.ts';
import { listProvinces, type ProvincesCtx } from './operations.ts';

const memberOutput = z
  .object({
    province: provinceOutput,
    name: textOutput('Bắc Giang'),
    state: z.enum(['connecting', 'up', 'down', 'revoked']),
    protocol: z.int().nullable(),
    reported_at: instantOutput.nullable(),
    data_at: instantOutput.nullable(),
    version: z.int(),
  })
  .openapi('Province');

/** The routes of provinces. */
export function provinceRoutes(ctx: ProvincesCtx): Routes {
  const routes = newRoutes();
  addList(routes, {
    ...{ act: 'provinces.list', name: 'listProvinces', path: '/v1/provinces', tag: 'provinces' },
    summary: 'Các tỉnh tham gia · The enrolled provinces',
    ...{ items: 'provinces', output: memberOutput, pages: { most: 100, usual: 100 } },
    place: z.tuple([z.string()]),
    find: async ({ caller }, query) =>
      itemsAfter(await listProvinces(ctx, caller), ({ province }) => province, query),
    placeOf: ({ province }) => [province],
  });
  return routes;
}
