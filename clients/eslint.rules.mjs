// What the two projects in this folder ask for beside, and other than, the strict sets of typescript-eslint.
export const rules = {
  // A number in a text needs no conversion.
  "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
  // `() => void this.look()` says that nobody waits.
  "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true, ignoreVoidOperator: true }],
  // An async function turns what is thrown into a rejection.
  "@typescript-eslint/require-await": "off",
  // TypeScript takes it that what was false before an await is false behind it.
  "@typescript-eslint/no-unnecessary-condition": "off",
  // The states of packets are unions of objects with and without members.
  "@typescript-eslint/consistent-type-definitions": "off",
};
