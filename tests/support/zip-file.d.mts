export interface ZipTestEntry {
  readonly name: string;
  readonly data: Buffer;
  readonly method?: 'stored' | 'deflated';
  /** What the headers say instead of the truth. */
  readonly claims?: { readonly crc?: number; readonly size?: number; readonly compressedSize?: number; readonly offset?: number };
}

export function zipBytes(entries: readonly ZipTestEntry[]): Buffer;
