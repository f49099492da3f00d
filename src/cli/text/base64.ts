import { decodeBase64, encodeBase64 } from '../../api/base64.ts';

export function textToBase64(text: string): string {
  return encodeBase64(new TextEncoder().encode(text));
}

export function base64ToText(text: string): string {
  return new TextDecoder().decode(decodeBase64(text));
}
