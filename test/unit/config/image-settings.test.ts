import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Settings } from "../../../components/config/schema";
import { parseSettings } from "../../../components/config/settings";
import { makeAuthority, makeServerCertificate } from "../../support/certificates";

const authority = makeAuthority("registry authority");
const certificateAuthority = authority.certificate;

function read(registries: readonly object[], registryPasswords: object = {}): Settings["images"] {
  return parseSettings({ images: { registries }, secrets: { registryPasswords } }, "test").images;
}

/** Every line of the error that a configuration gives; none when it is accepted. */
function problemsOf(...given: Parameters<typeof read>): string[] {
  try {
    read(...given);
    return [];
  } catch (error) {
    assert.ok(error instanceof Error);
    return error.message.split("\n").slice(1);
  }
}

const mirrors = (...urls: string[]): object => ({ mirrors: urls.map((url) => ({ url })) });
const somewhere = mirrors("https://mirror.example.com");

describe("the settings of registries", () => {
  it("name none, when nothing is said", () => {
    assert.deepEqual(parseSettings({}, "test").images, { registries: [], allowedRegistries: [] });
  });

  it("take mirrors, which are asked alone unless something else is said", () => {
    const { registries } = read([{ host: "docker.io", ...somewhere }]);
    const mirror = { url: "https://mirror.example.com", overridePath: false };
    assert.deepEqual(registries, [{ host: "docker.io", mirrors: [mirror], fallback: false }]);
  });

  const taken: readonly (readonly [what: string, registries: readonly object[], passwords?: object])[] = [
    [
      "a registry with an authority and a login",
      [{ host: "registry.example.com:5000", certificateAuthority, username: "hosts" }],
      { "registry.example.com:5000": "word with spaces" },
    ],
    [
      "a mirror with an authority and a login of its own, that bears no name of images",
      [
        { host: "docker.io", ...mirrors("https://10.1.2.3:5000") },
        { host: "10.1.2.3:5000", certificateAuthority, username: "hosts" },
      ],
      { "10.1.2.3:5000": "word" },
    ],
    ["a mirror of every registry that is not named", [{ host: "_default", ...somewhere }]],
    ["the registry after its mirrors", [{ host: "quay.io", fallback: true, ...somewhere }]],
    [
      "a registry after its mirrors, with an authority",
      [{ host: "r.example", fallback: true, certificateAuthority, ...somewhere }],
    ],
    [
      "a mirror that has its own mirror, and an authority for whom it is one",
      [
        { host: "docker.io", ...mirrors("https://r.example") },
        { host: "r.example", certificateAuthority, ...somewhere },
      ],
    ],
    ["a registry on the host itself", [{ host: "localhost:5000", ...mirrors("https://localhost:5001") }]],
    [
      "a path that is the root of the API, when it says so",
      [{ host: "docker.io", mirrors: [{ url: "https://h.example/v2/hub", overridePath: true }] }],
    ],
    [
      "a path that ends as containerd wants it",
      [{ host: "docker.io", ...mirrors("https://h.example/hub/v2") }],
    ],
  ];
  for (const [what, registries, passwords] of taken) {
    it(`take ${what}`, () => {
      assert.deepEqual(problemsOf(registries, passwords), []);
    });
  }
});

describe("a registry is refused", () => {
  const server = makeServerCertificate(authority, ["DNS:registry.example.com"]).certificate;
  const refused: readonly (readonly [
    what: string,
    registries: readonly object[],
    message: RegExp,
    passwords?: object,
  ])[] = [
    [
      "with a scheme",
      [{ host: "https://quay.io", ...somewhere }],
      /\[0\]\.host = "https:\/\/quay\.io": must be the host/,
    ],
    [
      "with a path",
      [{ host: "quay.io/team", ...somewhere }],
      /\[0\]\.host = "quay\.io\/team": must be the host/,
    ],
    ["in capitals", [{ host: "Quay.io", ...somewhere }], /host = "Quay\.io": must be.*small letters/],
    ["that is a pattern", [{ host: "*.example.com", ...somewhere }], /host = "\*\.example\.com": must be/],
    ["of another default", [{ host: "_others", ...somewhere }], /host = "_others": must be.*or _default/],
    [
      "whose name is a folder of Docker Hub to whom reads an image",
      [{ host: "registry", ...somewhere }],
      /host = "registry": is no host of a registry: an image registry\/app is docker\.io\/registry\/app/,
    ],
    [
      "that is Docker Hub by another name",
      [{ host: "index.docker.io", ...somewhere }],
      /Fix: write docker\.io/,
    ],
    [
      "that is Docker Hub's server",
      [{ host: "registry-1.docker.io", ...somewhere }],
      /Fix: write docker\.io/,
    ],
    [
      "that is the stack's archives",
      [{ host: "redoubt.local", ...somewhere }],
      /come from archives.*leave it out/,
    ],
    ["with a port that is none", [{ host: "r.example:70000", ...somewhere }], /has no port that there is/],
    [
      "twice",
      [
        { host: "quay.io", ...somewhere },
        { host: "quay.io", ...somewhere },
      ],
      /registries = "quay\.io": is there twice/,
    ],
    ["that nothing is said of", [{ host: "quay.io" }], /host = "quay\.io": is an entry that says nothing/],
    ["that stands for all others and names no mirror", [{ host: "_default" }], /Fix: name mirrors/],
    [
      "that stands for all others and has an authority",
      [{ host: "_default", certificateAuthority, ...somewhere }],
      /certificateAuthority: is of one server, and _default is none/,
    ],
    [
      "that comes after no mirrors",
      [{ host: "r.example", certificateAuthority, fallback: true }],
      /fallback = true: says what comes after/,
    ],
    [
      "with an authority that nobody is asked by",
      [{ host: "r.example", certificateAuthority, ...somewhere }],
      /\[0\]\.certificateAuthority: is of r\.example, which nobody asks/,
    ],
    [
      "with a login that nobody uses",
      [{ host: "r.example", username: "hosts", ...somewhere }],
      /\[0\]\.username: is of r\.example, which nobody asks/,
      { "r.example": "word" },
    ],
    [
      "with a certificate that is none",
      [{ host: "r.example", certificateAuthority: "none" }],
      /certificateAuthority = "none": holds no certificate/,
    ],
    [
      "with a server's certificate",
      [{ host: "r.example", certificateAuthority: server }],
      /certificateAuthority = "PEM": "CN=server" is no authority/,
    ],
    [
      "with a key, which would lie on every host for everybody",
      [{ host: "r.example", certificateAuthority: certificateAuthority + authority.privateKey }],
      /certificateAuthority = "PEM": holds a private key\. Fix: .*make a new key/,
    ],
    [
      "with a user and no password, and the command that sets one",
      [{ host: "r.example:5000", username: "hosts" }],
      /secrets\.registryPasswords\.r\.example:5000: is missing.*config set --secret --path 'redoubt:secrets\.registryPasswords\["r\.example:5000"\]'/,
    ],
    [
      "with a password and no user",
      [{ host: "r.example", certificateAuthority }],
      /secrets\.registryPasswords\.r\.example: is the password of no username/,
      { "r.example": "word" },
    ],
    [
      "with a user that a login can't bear",
      [{ host: "r.example", username: "a:b" }],
      /username = "a:b": must hold no colon/,
      { "r.example": "word" },
    ],
    [
      "with a password of two lines, which is not shown",
      [{ host: "r.example", username: "hosts" }],
      /registryPasswords\.r\.example = \[secret\]: must be one line/,
      { "r.example": "one\ntwo" },
    ],
  ];
  for (const [what, registries, message, passwords] of refused) {
    it(what, () => {
      const problems = problemsOf(registries, passwords);
      assert.ok(
        problems.some((line) => message.test(line)),
        `${String(message)} is not in:\n${problems.join("\n")}`,
      );
      for (const line of problems) assert.match(line, /^ {2}- redoubt:.*\. Fix: ./);
    });
  }
});

describe("a mirror is refused", () => {
  const refused: readonly (readonly [what: string, mirror: object, message: RegExp])[] = [
    [
      "without TLS",
      { url: "http://m.example" },
      /mirrors\[0\]\.url = "http:\/\/m\.example": must be an https URL/,
    ],
    ["without a scheme", { url: "m.example" }, /must be an https URL/],
    ["with a login in its URL", { url: "https://me:word@m.example" }, /must be an https URL of/],
    ["with a query", { url: "https://m.example?x" }, /must be an https URL/],
    [
      "with a slash at its end, to which containerd would add another",
      { url: "https://m.example/" },
      /without \/ at its end/,
    ],
    [
      "whose certificate shall not be looked at",
      { url: "https://m.example", skipVerify: true },
      /mirrors\[0\]\.skipVerify = true: is no setting/,
    ],
    ["that is the registry itself", { url: "https://docker.io" }, /is the registry itself.*fallback: true/],
    ["that is the registry's server", { url: "https://registry-1.docker.io" }, /is the registry itself/],
    [
      "with the port that it has anyhow, by which no entry would be found",
      { url: "https://m.example:443" },
      /leave :443 out/,
    ],
    ["with a port that is none", { url: "https://m.example:65536" }, /has no port that there is/],
    [
      "whose path containerd would go on from",
      { url: "https://m.example/v2/hub" },
      /would be asked for \/v2\/hub\/v2.*overridePath: true/,
    ],
    [
      "that speaks of a path and has none",
      { url: "https://m.example", overridePath: true },
      /has no path that overridePath/,
    ],
  ];
  for (const [what, mirror, message] of refused) {
    it(what, () => {
      const problems = problemsOf([{ host: "docker.io", mirrors: [mirror] }]);
      assert.equal(problems.length, 1, problems.join("\n"));
      assert.match(problems[0] ?? "", message);
    });
  }

  it("that is there twice", () => {
    const problems = problemsOf([
      { host: "docker.io", ...mirrors("https://m.example", "https://m.example") },
    ]);
    assert.match(problems.join(), /mirrors = "https:\/\/m\.example": is there twice/);
  });
});

describe("registries that pods may name", () => {
  const problemsOf = (...allowedRegistries: string[]): string => {
    try {
      parseSettings({ images: { allowedRegistries } }, "test");
      return "";
    } catch (error) {
      assert.ok(error instanceof Error);
      return error.message;
    }
  };

  it("are hosts, with a port where they have one", () => {
    assert.equal(problemsOf("docker.io", "registry.example.com:5000", "localhost"), "");
  });

  const refused: readonly (readonly [what: string, hosts: readonly string[], message: RegExp])[] = [
    ["a folder of a registry", ["docker.io/library"], /\[0\] = "docker\.io\/library": must be the host/],
    ["all others", ["_default"], /\[0\] = "_default": must be the host/],
    ["what would be a folder of Docker Hub", ["registry"], /is no host of a registry/],
    ["Docker Hub by another name", ["index.docker.io"], /Fix: write docker\.io/],
    ["the stack's own, which are let in anyhow", ["redoubt.local"], /Fix: leave it out/],
    ["one twice", ["quay.io", "quay.io"], /allowedRegistries = "quay\.io": is there twice/],
  ];
  for (const [what, hosts, message] of refused) {
    it(`are not ${what}`, () => {
      assert.match(problemsOf(...hosts), message);
    });
  }
});
