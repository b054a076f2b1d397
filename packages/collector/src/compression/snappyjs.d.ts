/** The package brings no types. */
declare module "snappyjs" {
  const snappy: {
    /** Throws where `bytes` are broken, or would be longer than `maxLength`. */
    uncompress(bytes: Uint8Array, maxLength?: number): Uint8Array;
    compress(bytes: Uint8Array): Uint8Array;
  };
  export default snappy;
}
