import path from "node:path";
import { fileURLToPath } from "node:url";
import js from "@eslint/js";
import tseslint from "typescript-eslint";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

// The house: which folder of components/ may import values of which others. docs/architecture.md says why.
const mayImport = {
  config: [],
  plan: [],
  hosts: ["plan"],
  pki: ["plan", "hosts"],
  etcd: ["plan", "hosts", "pki"],
  "control-plane": ["plan", "hosts", "pki"],
  node: ["plan", "hosts", "pki"],
  network: ["plan"],
  access: ["plan", "pki"],
  metrics: ["plan", "pki"],
};
const areas = Object.keys(mayImport);

const house = Object.entries(mayImport).map(([area, allowed]) => ({
  files: [`components/${area}/**/*.ts`],
  rules: {
    "no-restricted-imports": [
      "error",
      {
        patterns: [
          {
            group: areas
              .filter((other) => other !== area && !allowed.includes(other))
              .map((other) => `**/${other}/*`),
            message: `components/${area} may not import this folder.`,
            allowTypeImports: true,
          },
          {
            group: ["**/toolchain/*", "**/commands/*", "**/stack/*", "**/test/*"],
            message: "Components import no tools, commands, stack or tests.",
          },
        ],
      },
    ],
  },
}));

export default tseslint.config(
  { ignores: ["**/node_modules/", "**/*.cjs", "**/*.mjs"] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: { parserOptions: { project: "./tsconfig.json", tsconfigRootDir: root } },
    rules: {
      "@typescript-eslint/no-explicit-any": "error",
      // Flags and report texts hold numbers and booleans as they are.
      "@typescript-eslint/restrict-template-expressions": [
        "error",
        { allowNumber: true, allowBoolean: true },
      ],
      // process.env["NAME"]: TypeScript wants brackets for what an index signature gives.
      "@typescript-eslint/dot-notation": "off",
      "@typescript-eslint/explicit-function-return-type": ["error", { allowExpressions: true }],
      "@typescript-eslint/explicit-member-accessibility": "error",
      "max-lines": ["error", { max: 400, skipBlankLines: true, skipComments: true }],
    },
  },
  ...house,
  {
    rules: {
      "no-restricted-syntax": [
        "error",
        {
          selector:
            "Property > CallExpression.value[callee.object.name='z'][callee.property.name=/^(unknown|any)$/]",
          message: "An object without this field would be malformed as a whole: say .optional().",
        },
      ],
    },
  },
  {
    files: ["stack/**/*.ts", "index.ts"],
    rules: {
      "no-restricted-imports": [
        "error",
        {
          patterns: [
            {
              group: [
                "**/toolchain/*",
                "**/commands/*",
                "**/cis/*",
                "**/drift/*",
                "**/e2e/*",
                "**/report/*",
                "**/policies/*",
                "**/test/*",
                "**/bench/*",
              ],
              message: "The program is made of components; it knows nothing of what is done with it.",
            },
          ],
        },
      ],
    },
  },
  {
    files: ["commands/**/*.ts"],
    rules: {
      "no-restricted-imports": [
        "error",
        {
          patterns: [
            {
              group: ["../index", "../stack/*", "../test/*", "@pulumi/*"],
              message:
                "Commands start the engine, which loads the program; loading it here would take seconds.",
            },
          ],
        },
      ],
    },
  },
  {
    files: ["report/**/*.ts"],
    rules: {
      "no-restricted-imports": [
        "error",
        {
          patterns: [
            {
              group: ["**/toolchain/*", "**/commands/*", "**/test/*", "@pulumi/*"],
              message: "A report is made from a recording: it starts nothing and knows no resources.",
            },
            {
              regex: "/components/(?!(plan|pki)/)",
              message: "A report reads plans and the table of certificates, nothing else of the program.",
            },
          ],
        },
      ],
    },
  },
  {
    files: ["drift/**/*.ts", "cis/**/*.ts", "e2e/**/*.ts"],
    rules: {
      "no-restricted-imports": [
        "error",
        {
          patterns: [
            {
              group: ["**/toolchain/*", "**/commands/*", "**/test/*", "@pulumi/*"],
              message: "It is worked out from what was recorded and what hosts say: it starts nothing.",
            },
            {
              regex: "/components/(?!plan/)",
              message: "What looks at hosts reads plans, nothing else of the program.",
              allowTypeImports: true,
            },
          ],
        },
      ],
    },
  },
  {
    files: ["toolchain/**/*.ts"],
    rules: {
      "no-restricted-imports": [
        "error",
        {
          patterns: [
            {
              group: ["**/components/*", "**/commands/*"],
              message: "The toolchain imports nothing of the program.",
            },
          ],
        },
      ],
    },
  },
  {
    files: ["policies/**/*.ts"],
    rules: {
      "no-restricted-imports": [
        "error",
        {
          patterns: [
            {
              // What judges the program must not be made of it; only scripts are read by who writes them.
              regex: "/(components/(?!plan/read-script$)|commands/|toolchain/|test/)",
              message: "The policy pack imports nothing of the program but components/plan/read-script.",
              allowTypeImports: true,
            },
          ],
        },
      ],
    },
  },
  {
    files: ["test/**/*.ts"],
    rules: {
      // What node:test gives for these the runner awaits.
      "@typescript-eslint/no-floating-promises": [
        "error",
        {
          allowForKnownSafeCalls: [
            {
              from: "package",
              package: "node:test",
              name: ["describe", "it", "before", "after", "beforeEach", "afterEach"],
            },
          ],
        },
      ],
    },
  },
);
