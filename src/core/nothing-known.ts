import type { UpstreamClaims, Usage } from './request-record.ts';

/** An upstream that said nothing of itself. */
export const NO_CLAIMS: UpstreamClaims = {
  functionCallId: null,
  containerId: null,
  containerRegion: null,
  containerCloud: null,
  coldStart: null,
  readyDelayUs: null,
  containerAgeUs: null,
  containerRequestsBefore: null,
  containerInFlight: null,
  queueUs: null,
  generationUs: null,
};

/** A response body that said nothing of its tokens. */
export const NO_USAGE: Usage = {
  model: null,
  tokensIn: null,
  tokensOut: null,
  tokensCached: null,
  tokensReasoning: null,
  finishReason: null,
};
