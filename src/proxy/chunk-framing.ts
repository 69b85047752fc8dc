import { ResponseError } from './response-error.ts';

const CR = 0x0d;
const LF = 0x0a;

/** Index of the CRLF that ends the line at `at`, -1 when it has not come yet. @throws ResponseError on a bare LF. */
export function framingLineEnd(bytes: Buffer, at: number): number {
  const lf = bytes.indexOf(LF, at);
  if (lf < 0) {
    return -1;
  }
  if (lf === at || bytes[lf - 1] !== CR) {
    throw new ResponseError('a framing line ends in a bare line feed');
  }
  return lf - 1;
}

/** Size in the chunk's first line. @throws ResponseError when it is not one. */
export function chunkSizeOf(bytes: Buffer, at: number, lineEnd: number): number {
  let size = 0;
  let digits = 0;
  let index = at;
  for (; index < lineEnd; index += 1) {
    const digit = hexDigit(bytes[index] ?? 0);
    if (digit < 0) {
      break;
    }
    size = size * 16 + digit;
    digits += 1;
  }
  // After the digits only an extension may follow (RFC 9112, section 7.1.1).
  const after = index < lineEnd ? bytes[index] : 0x3b;
  const valid = after === 0x3b || after === 0x20 || after === 0x09;
  if (digits === 0 || digits > 13 || !valid) {
    throw new ResponseError('a chunk size is not a hexadecimal number');
  }
  return size;
}

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) {
    return code - 0x30;
  }
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
