import { writeFileSync } from "node:fs";
import type { Reporter, TestModule } from "vitest/node";

/** Writes what the repository's `./test` reads of every project: how many passed, and which failed, and why. */
export class AssemblyReporter implements Reporter {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly { readonly message: string }[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const count = (state: string): number => tests.filter((test) => test.result().state === state).length;
    const broken = [...modules.flatMap((module) => module.errors()), ...unhandled];
    const failures = tests
      .filter((test) => test.result().state === "failed")
      .map((test) => failure(`${test.module.relativeModuleId}: ${test.fullName}`, test.result().errors?.[0]?.message));
    const lines = [
      `<assembly passed="${count("passed")}" failed="${count("failed")}" errors="${broken.length}" skipped="${count("skipped")}">`,
      ...failures,
      ...broken.map(({ message }) => failure("an error outside of every test", message)),
      "</assembly>",
    ];
    writeFileSync(this.#path, lines.join("\n"));
  }
}

function failure(name: string, message = ""): string {
  return `<test name="${escape(name)}" result="Fail"><failure><message>${escape(message)}</message></failure></test>`;
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
