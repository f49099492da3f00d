/** metav1.Time as JSON: whole seconds, UTC. */
export function formatTime(seconds: number): string {
  return `${isoSeconds(seconds)}Z`;
}

/** metav1.MicroTime as JSON. */
export function formatMicroTime(seconds: number, nanos: number): string {
  const micros = String(Math.floor(nanos / 1_000)).padStart(6, '0');
  return `${isoSeconds(seconds)}.${micros}Z`;
}

function isoSeconds(seconds: number): string {
  return new Date(seconds * 1_000).toISOString().slice(0, 19);
}
