/** Source: semantic conventions, "url.full" and "url.query": values that sign a request. */
const SENSITIVE =
  /(^|[?&])(AWSAccessKeyId|Signature|sig|X-Goog-Signature|X-Amz-Signature|X-Amz-Credential|X-Amz-Security-Token)=[^&#]*/g;
const MAY_BE_SENSITIVE = /sig|Signature|AWSAccessKeyId|X-Amz-/;
const CREDENTIALS = /^([a-z][a-z0-9+.-]*:\/\/)[^/?#@]*@/i;

export function redactedQuery(query: string): string {
  return MAY_BE_SENSITIVE.test(query) ? query.replace(SENSITIVE, "$1$2=REDACTED") : query;
}

/** The URL with the values of user and password, and of what signs it, replaced. */
export function redactedUrl(url: string): string {
  const plain = url.includes("@") ? url.replace(CREDENTIALS, "$1REDACTED:REDACTED@") : url;
  return plain.includes("?") ? redactedQuery(plain) : plain;
}
