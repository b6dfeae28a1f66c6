/**
 * `/v1/me`: who the program takes the caller for, and what they may; what a console shows and hides by.
 */
import { z } from '@hono/zod-openapi';
import { ACCESS, type AccessGroup, type Caller, mayCall } from '../acts/access.ts';
import { type Clock, nowSeconds } from '../clock.ts';
import { isoInstant } from '../domain/instant.ts';
import { instantOutput } from './instants.ts';
import { apiRoute, newRoutes, type Routes } from './route.ts';

const meOutput = z
  .object({
    subject: z.string(),
    grants: z.array(z.object({ role: z.string(), area: z.string().nullable() })),
    groups: z.array(z.string()).openapi({ description: 'nhóm quyền · groups of the access table' }),
    break_glass: z.array(z.object({ id: z.string(), area: z.string(), ends_at: instantOutput })),
    expires_at: instantOutput,
  })
  .openapi('Me');

const getMe = apiRoute('me.read', {
  method: 'get',
  path: '/v1/me',
  tags: ['me'],
  summary: 'Tôi là ai, được làm gì · Who I am and what I may do',
  responses: { 200: { description: 'OK', content: { 'application/json': { schema: meOutput } } } },
});

/** The route of the caller's own rights. */
export function meRoutes({ clock }: { readonly clock: Pick<Clock, 'nowMs'> }): Routes {
  return newRoutes().openapi(getMe, (c) => c.json(toJson(c.get('caller'), nowSeconds(clock)), 200));
}

function toJson(caller: Caller, now: number): z.output<typeof meOutput> {
  const groups = Object.keys(ACCESS) as AccessGroup[];
  const breakGlass = caller.breakGlass ?? [];
  return {
    subject: caller.subject,
    grants: caller.grants.map(({ role, area }) => ({ role, area })),
    groups: groups.filter((group) => mayCall(caller, group, now)),
    break_glass: breakGlass.map(({ id, area, endsAt }) => ({ id, area, ends_at: isoInstant(endsAt) })),
    expires_at: isoInstant(caller.expiresAt),
  };
}
