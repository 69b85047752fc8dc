/** Spans of what the service itself does. */
export interface Tracing {
  /** Does the work within a span, below the span that runs now. Its failure is the span's, and thrown on. */
  span<T>(name: string, attributes: TraceAttributes, work: () => Promise<T>): Promise<T>;
}

export type TraceAttributes = Readonly<Record<string, string | number | boolean>>;

/** Where nobody looks. */
export const UNTRACED: Tracing = { span: (_name, _attributes, work) => work() };
