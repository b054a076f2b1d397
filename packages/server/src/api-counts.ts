/** What Prometheus's API counts of itself, for whoever shows it. */
export class ApiCounts {
  /** Remote reads that are being answered, or wait for their turn. */
  remoteReads = 0;
  /** Remote reads that wanted more samples than one may have. */
  remoteReadsOverLimit = 0;
  federationErrors = 0;
  /** Samples and histograms of remote write that were left out for their series' labels. */
  invalidLabelSamples = 0;
}
