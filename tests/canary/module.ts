// A type error that the check must find (tests/unit/repository/canary.test.ts).
export const count: number = 'one';
