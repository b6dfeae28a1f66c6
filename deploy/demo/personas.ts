/**
 * Who can sign in at the consoles of the demo: one of each role, and tracers of the wards where the outbreak
 * has its people.
 */
import { HUB_PERSONAS, nodePersonas, type Persona } from '../federation/personas.ts';
import { wardsOf } from './outbreak/wards.ts';

/** Enough wards to see that a tracer sees one, few enough for a page of buttons. */
const TRACERS = 3;

export function demoPersonas(program: string): readonly Persona[] {
  return program === 'hub' ? HUB_PERSONAS : nodePersonas(program, wardsOf(program).slice(0, TRACERS));
}
