// Questions to the server: posted and answered, never kept.
import type { Kind } from '../kind.ts';
import { defineKind } from '../kind.ts';

function review(group: string, kind: string, namespaced = false): Kind {
  const plural = `${kind.toLowerCase()}s`;
  return defineKind({ group, kind, plural, namespaced, verbs: ['create'], storagePrefix: '', storageVersionHash: '' });
}

const AUTHENTICATION = 'authentication.k8s.io';
const AUTHORIZATION = 'authorization.k8s.io';

export const LOCAL_SUBJECT_ACCESS_REVIEW = review(AUTHORIZATION, 'LocalSubjectAccessReview', true);
export const SELF_SUBJECT_ACCESS_REVIEW = review(AUTHORIZATION, 'SelfSubjectAccessReview');
export const SELF_SUBJECT_REVIEW = review(AUTHENTICATION, 'SelfSubjectReview');
export const SELF_SUBJECT_RULES_REVIEW = review(AUTHORIZATION, 'SelfSubjectRulesReview');
export const SUBJECT_ACCESS_REVIEW = review(AUTHORIZATION, 'SubjectAccessReview');
export const TOKEN_REVIEW = review(AUTHENTICATION, 'TokenReview');

export const REVIEW_KINDS: readonly Kind[] = [
  SELF_SUBJECT_REVIEW,
  TOKEN_REVIEW,
  LOCAL_SUBJECT_ACCESS_REVIEW,
  SELF_SUBJECT_ACCESS_REVIEW,
  SELF_SUBJECT_RULES_REVIEW,
  SUBJECT_ACCESS_REVIEW,
];
