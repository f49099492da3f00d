/** What the conditions of every kind have in common. */
export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransitionTime?: string;
}

export function conditionOf<C extends Condition>(conditions: readonly C[] | undefined, type: string): C | undefined {
  return conditions?.find((condition) => condition.type === type);
}

export function isConditionTrue(conditions: readonly Condition[] | undefined, type: string): boolean {
  return conditionOf(conditions, type)?.status === 'True';
}

/** Replaces the condition of the same type in its place; its transition time is kept unless the status changes. */
export function withCondition<C extends Condition>(conditions: readonly C[] | undefined, next: C): C[] {
  const list = conditions ?? [];
  const current = conditionOf(list, next.type);
  if (current === undefined) return [...list, next];
  const kept =
    current.status === next.status && current.lastTransitionTime !== undefined
      ? { ...next, lastTransitionTime: current.lastTransitionTime }
      : next;
  return list.map((condition) => (condition.type === next.type ? kept : condition));
}

export function withoutCondition<C extends Condition>(conditions: readonly C[] | undefined, type: string): C[] {
  return (conditions ?? []).filter((condition) => condition.type !== type);
}
