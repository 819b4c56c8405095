import tseslint from "typescript-eslint";
import { rules } from "../eslint.rules.mjs";

export default tseslint.config(
  { ignores: ["dist", "tests/harness/send-and-hang.js"] },
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: { allowDefaultProject: ["*.js"] }, tsconfigRootDir: import.meta.dirname } },
    rules,
  },
  { files: ["*.js"], ...tseslint.configs.disableTypeChecked },
);
