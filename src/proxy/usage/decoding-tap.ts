import {
  createBrotliDecompress,
  createInflate,
  createUnzip,
  createZstdDecompress,
} from 'node:zlib';
import type { Micros } from '../../core/units.ts';
import type { ResponseTap, TapReading } from './response-tap.ts';

/** Content codings that can be read; any other body is only counted. */
export const DECODABLE: ReadonlySet<string> = new Set(['gzip', 'x-gzip', 'deflate', 'br', 'zstd']);

/** Most decoded bytes that are read: a small body may decode to a huge one. */
const DECODED_BYTES = 16 * 1024 * 1024;

/** Most bytes that wait for the decoder. One that is slower than the network is given up. */
const WAITING_BYTES = 1024 * 1024;

/** Decodes a copy of the body for another tap; the body itself passes as it is. */
export class DecodingTap implements ResponseTap {
  readonly #inner: ResponseTap;
  readonly #decoder: ReturnType<typeof decoderFor>;
  #decoded = 0;
  #over = false;
  #at: Micros = 0;
  #finish: (() => void) | null = null;

  constructor(coding: string, inner: ResponseTap) {
    this.#inner = inner;
    this.#decoder = decoderFor(coding);
    this.#decoder.on('data', (bytes: Buffer) => this.#onDecoded(bytes));
    this.#decoder.on('end', () => this.#end());
    // Corrupt or cut off: what has been read until then counts.
    this.#decoder.on('error', () => this.#end());
  }

  push(payload: Buffer, at: Micros): void {
    this.#at = at;
    if (this.#over) {
      return;
    }
    this.#decoder.write(payload);
    if (this.#decoder.writableLength > WAITING_BYTES) {
      this.#end();
    }
  }

  finish(done: (reading: TapReading) => void): void {
    this.#finish = () => this.#inner.finish(done);
    if (this.#over) {
      this.#end();
    } else {
      this.#decoder.end();
    }
  }

  #onDecoded(bytes: Buffer): void {
    this.#decoded += bytes.length;
    if (this.#decoded > DECODED_BYTES) {
      this.#end();
      return;
    }
    this.#inner.push(bytes, this.#at);
  }

  #end(): void {
    this.#over = true;
    this.#decoder.destroy();
    const finish = this.#finish;
    this.#finish = null;
    finish?.();
  }
}

function decoderFor(coding: string) {
  switch (coding) {
    case 'br':
      return createBrotliDecompress();
    case 'zstd':
      return createZstdDecompress();
    case 'deflate':
      return createInflate();
    default:
      return createUnzip();
  }
}
