/**
 * What a province says of all its answers at once: how far its identifiers have their tokens, and that it
 * answers no question. Open traces hear of it; what is said lasts as long as the link.
 */
import { isNewer } from '../../shared/trace/messages.ts';
import type { ProvinceLink, ReportedTokens } from '../provinces/province-link.ts';

export interface Heard {
  readonly tokens?: ReportedTokens | undefined;
  /** Why the province answers no question, empty if it does. */
  readonly refusal?: string | undefined;
}

export interface Hearers {
  readonly provinces: { readonly links: readonly ProvinceLink[] };
  /** Traces held in memory. */
  traces(): readonly { leavesOut(province: string): boolean; onProgress(): void }[];
  /** Takes up those at rest that wait for the province. */
  wake(province: string): void;
}

/** Why a province answers nothing at all, empty if it does. */
export function refusalOf({ provinces }: Pick<Hearers, 'provinces'>, province: string): string {
  const link = provinces.links.find((one) => one.province === province);
  return link?.isRevoked ? 'PROVINCE_REVOKED' : (link?.refusal ?? '');
}

/** Takes in what a report of the province says. */
export function hear(hearers: Hearers, province: string, { tokens, refusal }: Heard): void {
  const link = hearers.provinces.links.find((one) => one.province === province);
  if (link === undefined) return;
  if (tokens) hearTokens(hearers, link, tokens);
  if (refusal !== undefined && refusal !== link.refusal) hearRefusal(hearers, link, refusal);
}

/** Those at rest hear of it when nothing is without a token that they may wait for. */
function hearTokens(hearers: Hearers, link: ProvinceLink, tokens: ReportedTokens): void {
  const isNews = isNewer(tokens, link.tokens) || link.tokens.pending !== tokens.pending;
  const hadPending = link.tokens.pending > 0 || link.tokens.incarnation === 0;
  link.tokens = tokens;
  if (!isNews) return;
  for (const trace of hearers.traces()) if (trace.leavesOut(link.province)) trace.onProgress();
  if (hadPending && tokens.pending === 0) hearers.wake(link.province);
}

/** Every trace shows it at once; when it is over, those at rest that wait for the province go on. */
function hearRefusal(hearers: Hearers, link: ProvinceLink, refusal: string): void {
  link.refusal = refusal;
  for (const trace of hearers.traces()) trace.onProgress();
  if (refusal === '') hearers.wake(link.province);
}
