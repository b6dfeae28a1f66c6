/**
 * `/v1/provinces`: who is enrolled, who is there, how fresh its data is.
 */
import { z } from '@hono/zod-openapi';
import { instantOutput, isoInstantOrNull } from '../../shared/http/instants.ts';
import { apiRoute, newRoutes, type Routes } from '../../shared/http/route.ts';
import { listProvinces, type ProvincesContext } from './operations.ts';

const provinceOutput = z
  .object({
    province: z.string(),
    name: z.string(),
    state: z.enum(['connecting', 'up', 'down', 'revoked']),
    protocol: z.int().nullable(),
    reported_at: instantOutput.nullable(),
    data_at: instantOutput.nullable(),
  })
  .openapi('Province');

const getProvinces = apiRoute('provinces.list', {
  method: 'get',
  path: '/v1/provinces',
  tags: ['provinces'],
  summary: 'Các tỉnh tham gia · The enrolled provinces',
  responses: {
    200: {
      description: 'OK',
      content: { 'application/json': { schema: z.object({ provinces: z.array(provinceOutput) }) } },
    },
  },
});

/** The routes of provinces. */
export function provinceRoutes(ctx: ProvincesContext): Routes {
  const routes = newRoutes();
  routes.openapi(getProvinces, async (c) => {
    const provinces = (await listProvinces(ctx, c.get('caller'))).map(({ reportedAt, dataAt, ...same }) => ({
      ...same,
      reported_at: isoInstantOrNull(reportedAt),
      data_at: isoInstantOrNull(dataAt),
    }));
    return c.json({ provinces }, 200);
  });
  return routes;
}
