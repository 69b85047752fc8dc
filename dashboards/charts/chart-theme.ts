/** How a chart looks where it is shown. */
export interface ChartTheme {
  /** Colour of text, axes and rules. */
  readonly ink: string;
  /** `null` leaves the page's own. */
  readonly background: string | null;
  readonly fontFamily: string;
  readonly fontSize: number;
}

/** For a page: takes text colour and background from it, so it is dark where the page is. */
export const WEB_THEME: ChartTheme = {
  ink: 'currentColor',
  background: null,
  fontFamily: 'system-ui, -apple-system, "Segoe UI", sans-serif',
  fontSize: 12,
};

/** For a PNG in a mail: its own white card, because a mail client may turn the page dark around it. */
export const MAIL_THEME: ChartTheme = {
  ink: '#1f2a37',
  background: '#ffffff',
  fontFamily: 'DejaVu Sans Condensed',
  fontSize: 14,
};

/**
 * Middle tones: each has a contrast of at least 3:1 on white and on near-black, so one palette serves both.
 * Text is never set in them.
 */
export const COLORS = {
  blue: '#3b82f6',
  violet: '#8b5cf6',
  amber: '#d97706',
  teal: '#0d9488',
  cyan: '#0891b2',
  red: '#dc2626',
  grey: '#7b8794',
} as const;

/** Opacities of the ink: captions and ticks, rules behind the data. */
export const MUTED = 0.72;
export const FAINT = 0.13;
