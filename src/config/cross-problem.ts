/** Something that no single value shows to be wrong. */
export interface CrossProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}
