/**
 * Rule packs for generated worlds: everything that a pack may set varies, days are sometimes fractions that
 * need rounding. Part of world.ts.
 */
import type { RulePack } from '../../shared/domain/rule-pack.ts';
import type { Random } from './random.ts';

/** A valid pack; retention and opening times are so long that nothing falls out of a test. */
export function drawRules(random: Random): RulePack {
  return {
    number: 1,
    effective_from: '2021-01-01T00:00:00+07:00',
    infectious_days_before: random.pick([1, 2, 2, 2.5, 3, 1.000006]),
    latent_days: random.pick([0, 0.25, 0.5, 0.5, 1, 1.00001, 2]),
    close_contact_seconds: random.pick([900, 900, 600, 1800, 60, 901, 1]),
    longest_stay_seconds: random.pick([43_200, 14_400, 7_200, 3_601]),
    max_degree: 4,
    source_days: random.pick([5, 7.5, 14, 10.000006]),
    trace_open_days: 400,
    retention_days: 4000,
    assumed_stay_seconds: {
      default: random.pick([3_600, 1_800, 900]),
      market: 2_700,
      cafe: 5_400,
      karaoke: 10_800,
      factory: 36_000,
    },
    weight_percent: {
      default: random.pick([100, 100, 75]),
      market: 50,
      event: 80,
      transport_hub: random.pick([33, 50]),
      home: random.pick([100, 100, 1, 0]),
    },
  };
}
