/**
 * `/v1/me`: who the program takes the caller for, and what they may; what a console shows and hides by.
 * `/v1/areas`: what the areas that it shows are called.
 */
import { z } from '@hono/zod-openapi';
import { type ActTable, type Caller, mayDo, ROLES } from '../acts/access.ts';
import { type Clock, nowSeconds } from '../clock.ts';
import { namedWardsOf, provinceName, provinces } from '../gazetteer.ts';
import { areaOutput, personOutput, provinceOutput, textOutput, uuidOutput, wardOutput } from './fields.ts';
import { instantOutput } from './instants.ts';
import type { Shown } from './json-case.ts';
import { addRead } from './read.ts';
import { newRoutes, type Routes } from './route.ts';

const meOutput = z
  .object({
    subject: personOutput,
    grants: z.array(z.object({ role: z.enum(ROLES), area: areaOutput.nullable() })),
    acts: z
      .array(textOutput('cases.correct'))
      .openapi({ description: 'việc được làm · acts of the access table' }),
    break_glass: z.array(z.object({ id: uuidOutput, area: areaOutput, ends_at: instantOutput })),
    expires_at: instantOutput,
  })
  .openapi('Me');

const provinceNamed = z.object({ code: provinceOutput, name: textOutput('Bắc Giang') });

const areasOutput = z
  .object({
    province: provinceNamed.nullable().openapi({
      description: 'tỉnh của nút này; null ở trung tâm · of this node; null at the hub',
    }),
    provinces: z.array(provinceNamed),
    wards: z
      .array(z.object({ code: wardOutput, name: textOutput('Xã Bắc Lý'), district: textOutput('Hiệp Hòa') }))
      .openapi({ description: 'của tỉnh này · of this province' }),
  })
  .openapi('Areas');

/** What the routes of the caller's own rights ask for. */
export interface MeCtx {
  /** Code of the province; absent at the hub. */
  readonly province?: string;
  readonly clock: Pick<Clock, 'nowMs'>;
  /** All that can be done in the program. */
  readonly acts: ActTable;
}

/** The route of the caller's own rights. */
export function meRoutes({ clock, acts, province }: MeCtx): Routes {
  const routes = newRoutes();
  addRead(routes, {
    ...{ act: 'me.read', name: 'readMe', path: '/v1/me', tag: 'me', output: meOutput },
    summary: 'Tôi là ai, được làm gì · Who I am and what I may do',
    find: ({ caller }) => rightsOf(caller, acts, nowSeconds(clock)),
  });
  addRead(routes, {
    ...{ act: 'areas.read', name: 'readAreas', path: '/v1/areas', tag: 'me', output: areasOutput },
    summary: 'Tên tỉnh, xã, phường · What provinces and wards are called',
    find: () => areasOf(province),
  });
  return routes;
}

function areasOf(province: string | undefined): Shown<typeof areasOutput> {
  const name = province && provinceName(province);
  return {
    province: province && name ? { code: province, name } : null,
    provinces: [...provinces()],
    wards: province ? [...namedWardsOf(province)] : [],
  };
}

function rightsOf(caller: Caller, acts: ActTable, now: number): Shown<typeof meOutput> {
  const open = Object.entries(acts).filter(([name, row]) => mayDo(caller, { name, row }, now));
  return { ...caller, acts: open.map(([name]) => name), breakGlass: caller.breakGlass ?? [] };
}
