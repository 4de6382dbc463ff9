/** WebAuthn with the PRF extension: a passkey that gives 32 bytes nobody else can compute (mode C). */
import * as v from 'valibot';
import { OnggiError } from '#domain/errors.ts';
import { createSalt } from './locked-keys.ts';

/** How long the browser may ask the person. */
const TIMEOUT_MS = 120_000;

/** What is stored of a passkey, beside the wrap. */
export interface PasskeyDerivation {
  readonly name: 'WebAuthn-PRF';
  /** The credential, base64url. */
  readonly credentialId: string;
}

const Stored = v.object({
  name: v.literal('WebAuthn-PRF'),
  credentialId: v.pipe(v.string(), v.minLength(1)),
});

/** Reads a stored derivation; undefined for one this code does not know. */
export function readPasskey(stored: unknown): PasskeyDerivation | undefined {
  return v.is(Stored, stored) ? stored : undefined;
}

/** Whether this browser may have passkeys at all. */
function mayHavePasskeys(): boolean {
  return 'PublicKeyCredential' in globalThis && globalThis.isSecureContext;
}

/**
 * Makes a passkey and its output for `salt`. The browser asks the person, up to twice.
 * @param label Name under which the passkey is kept.
 * @throws OnggiError `vault/passkey-failed` when it was cancelled, `vault/passkey-unsupported` when the
 * browser or the authenticator cannot do this.
 */
export async function createPasskey(
  salt: Uint8Array<ArrayBuffer>,
  label: string,
): Promise<{ readonly derivation: PasskeyDerivation; readonly secret: Uint8Array<ArrayBuffer> }> {
  if (!mayHavePasskeys()) throw new OnggiError('vault/passkey-unsupported', 'no WebAuthn');
  const credential = await ask(() =>
    navigator.credentials.create({
      publicKey: {
        challenge: createSalt(32),
        rp: { name: 'onggi' },
        user: { id: createSalt(16), name: label, displayName: label },
        pubKeyCredParams: [
          { type: 'public-key', alg: -7 },
          { type: 'public-key', alg: -257 },
        ],
        authenticatorSelection: { residentKey: 'preferred', userVerification: 'required' },
        timeout: TIMEOUT_MS,
        extensions: { prf: { eval: { first: salt } } },
      },
    }),
  );
  const { prf } = credential.getClientExtensionResults();
  const derivation = {
    name: 'WebAuthn-PRF',
    credentialId: toBase64Url(new Uint8Array(credential.rawId)),
  } as const;
  const first = toBytes(prf?.results?.first);
  if (first) return { derivation, secret: first };
  if (prf?.enabled !== true) {
    throw new OnggiError('vault/passkey-unsupported', 'the authenticator has no PRF');
  }
  // Many give the output only when the passkey is used.
  return { derivation, secret: await usePasskey(derivation, salt) };
}

/**
 * The output of a passkey for `salt`. The browser asks the person.
 * @throws OnggiError `vault/passkey-failed` when it was cancelled or the passkey is not there any more,
 * `vault/passkey-unsupported`.
 */
export async function usePasskey(
  { credentialId }: PasskeyDerivation,
  salt: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  if (!mayHavePasskeys()) throw new OnggiError('vault/passkey-unsupported', 'no WebAuthn');
  const credential = await ask(() =>
    navigator.credentials.get({
      publicKey: {
        challenge: createSalt(32),
        allowCredentials: [{ type: 'public-key', id: fromBase64Url(credentialId) }],
        userVerification: 'required',
        timeout: TIMEOUT_MS,
        extensions: { prf: { eval: { first: salt } } },
      },
    }),
  );
  const secret = toBytes(credential.getClientExtensionResults().prf?.results?.first);
  if (!secret) throw new OnggiError('vault/passkey-unsupported', 'no output of the passkey');
  return secret;
}

async function ask(request: () => Promise<Credential | null>): Promise<PublicKeyCredential> {
  try {
    const credential = await request();
    if (credential instanceof PublicKeyCredential) return credential;
  } catch (cause) {
    const isUnsupported = cause instanceof DOMException && cause.name === 'NotSupportedError';
    throw new OnggiError(
      isUnsupported ? 'vault/passkey-unsupported' : 'vault/passkey-failed',
      'the passkey was not used',
      { cause },
    );
  }
  throw new OnggiError('vault/passkey-failed', 'no passkey was chosen');
}

function toBytes(source: BufferSource | undefined): Uint8Array<ArrayBuffer> | undefined {
  if (!source) return undefined;
  if (source instanceof ArrayBuffer) return new Uint8Array(source.slice(0));
  return new Uint8Array(
    source.buffer.slice(source.byteOffset, source.byteOffset + source.byteLength),
  );
}

function toBase64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replace(/\+/g, '-')
    .replace(/\//g, '_')
    .replace(/=/g, '');
}

function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text.replace(/-/g, '+').replace(/_/g, '/'));
  return Uint8Array.from(binary, (letter) => letter.charCodeAt(0));
}
