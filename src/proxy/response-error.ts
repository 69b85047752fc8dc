/** Malformed response bytes: the message says what is wrong with them. */
export class ResponseError extends Error {}
