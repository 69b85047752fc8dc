import type { Recommendation } from '../decision/decision.ts';
import type { Action } from './report.ts';

/** A colour of text and the one behind it. */
export interface Pair {
  readonly ink: string;
  readonly ground: string;
}

export interface ReportTheme {
  readonly page: string;
  readonly card: string;
  readonly ink: string;
  readonly muted: string;
  readonly rule: string;
  readonly tile: string;
  readonly verdict: Readonly<Record<Recommendation, Pair>>;
  readonly action: Readonly<Record<Action['kind'], Pair>>;
}

/** Every text has a contrast of at least 4.5:1 to what is behind it. */
export const LIGHT: ReportTheme = {
  page: '#eef1f5',
  card: '#ffffff',
  ink: '#1b2430',
  muted: '#525d6b',
  rule: '#dde3ea',
  tile: '#f5f7fa',
  verdict: {
    stay: { ink: '#0b5a41', ground: '#e0f3ea' },
    add_edge: { ink: '#7a4300', ground: '#fdefd8' },
    migrate: { ink: '#1c47b8', ground: '#e5edff' },
    reassess_now: { ink: '#9b1616', ground: '#fde6e6' },
  },
  action: {
    alarm: { ink: '#9b1616', ground: '#fde6e6' },
    change: { ink: '#0b5a41', ground: '#e0f3ea' },
    look: { ink: '#525d6b', ground: '#eef1f5' },
  },
};

export const DARK: ReportTheme = {
  page: '#0f141a',
  card: '#19202a',
  ink: '#e9eef4',
  muted: '#abb6c4',
  rule: '#313c4a',
  tile: '#222b37',
  verdict: {
    stay: { ink: '#93e3c1', ground: '#12382b' },
    add_edge: { ink: '#f7c983', ground: '#3d2a0c' },
    migrate: { ink: '#adc6ff', ground: '#172b57' },
    reassess_now: { ink: '#ffb0b0', ground: '#4a1717' },
  },
  action: {
    alarm: { ink: '#ffb0b0', ground: '#4a1717' },
    change: { ink: '#93e3c1', ground: '#12382b' },
    look: { ink: '#abb6c4', ground: '#2a3441' },
  },
};
