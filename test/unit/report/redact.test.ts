import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { describe, it } from "node:test";
import { readable, redactText } from "../../../report/redact";

const signature = "4dabf18193072939515e22adb298388d";

describe("what a reader may see of the engine's JSON", () => {
  it("holds no value that the engine marked as secret, however deep", () => {
    const secret = {
      [signature]: "1b47061264138c4ac30d75fd1eb44270",
      ciphertext: "v1:hidden",
      plaintext: "hidden",
    };
    const shown = JSON.stringify(readable({ a: [{ b: secret }], c: secret }));
    assert.equal(shown, '{"a":[{"b":"[secret]"}],"c":"[secret]"}');
  });

  it("holds no value that is called a secret, however short", () => {
    for (const name of [
      ...["password", "adminPassword", "clientSecret", "client_secret", "access_token", "bearerToken"],
      ...["example.org/token", "secretKey", "bindPW"],
    ]) {
      assert.deepEqual(readable({ [name]: "horse" }), { [name]: "[secret]" });
      assert.deepEqual(readable({ [name]: ["horse"] }), { [name]: ["[secret]"] });
    }
    const variable = { name: "DB_PASSWORD", value: "horse" };
    assert.deepEqual(readable({ env: [variable] }), { env: [{ ...variable, value: "[secret]" }] });
  });

  it("leaves values whose name only sounds like a secret's", () => {
    const open = {
      "initial-cluster-token": "production-cluster",
      secretName: "dex-configuration",
      tokenTtl: "1h",
      automountServiceAccountToken: false,
      serviceAccountToken: { audience: "vault", expirationSeconds: 600, path: "vault" },
      secretKeyRef: { name: "database", key: "password" },
      secret: { secretName: "dex-configuration" },
      httpTokens: "required",
      token: "",
      env: [{ name: "DB_PASSWORD", valueFrom: { secretKeyRef: { name: "database", key: "password" } } }],
    };
    assert.deepEqual(readable(open), open);
    assert.deepEqual(readable({ token: "04da6b54-80e4-46f7-96ec-b56ff0331ba9" }), {
      token: "[known after up]",
    });
  });

  it("says which values are not known yet", () => {
    assert.deepEqual(
      readable(["04da6b54-80e4-46f7-96ec-b56ff0331ba9", "a5cdf5e4-0000-46f7-96ec-b56ff0331ba9"]),
      ["[known after up]", "a5cdf5e4-0000-46f7-96ec-b56ff0331ba9"],
    );
  });

  it("holds no private key that nobody marked: in PEM, in base64, cut off", () => {
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    for (const type of ["pkcs8", "sec1"] as const) {
      const pem = privateKey.export({ type, format: "pem" }).toString();
      const body = pem.split("\n")[1] ?? "";
      assert.doesNotMatch(redactText(`a\n${pem}b`), new RegExp(body.slice(0, 20)));
      assert.match(redactText(`a\n${pem}b`), /^a\n\[secret\]\nb$/);
      assert.equal(redactText(pem.slice(0, 90)), "[secret]");
      assert.equal(redactText(`x: ${Buffer.from(pem).toString("base64")}`), "x: [secret]");
    }
  });

  it("holds no token or password by its look or its field", () => {
    const jwt = `${Buffer.from('{"alg":"RS256"}').toString("base64url")}.${Buffer.from('{"sub":"x"}').toString("base64url")}.c2ln`;
    for (const [text, expected] of [
      [`Authorization ${jwt}`, "Authorization [secret]"],
      ["key AKIAABCDEFGHIJKLMNOP", "key [secret]"],
      [`ghp_${"a".repeat(36)}`, "[secret]"],
      ["password: correcthorse", "password: [secret]"],
      ['"token": "abcdefgh12"', '"token": "[secret]"'],
      ["--token=abcdefgh12", "--token=[secret]"],
      ["client-key-data: QUJDREVGRw==", "client-key-data: [secret]"],
      [`secret: ${"A".repeat(43)}=`, "secret: [secret]"],
      ["clientSecret: correcthorse", "clientSecret: [secret]"],
      ["client_secret = 'correcthorse'", "client_secret = '[secret]'"],
      ["password: correct\\horse", "password: [secret]"],
      ["--client-secret=correcthorse", "--client-secret=[secret]"],
      ['{"adminPassword":"correcthorse"}', '{"adminPassword":"[secret]"}'],
      ['{\\"access_token\\":\\"correcthorse\\"}', '{\\"access_token\\":\\"[secret]\\"}'],
      [`hash: $2a$10$${"a".repeat(53)}`, "hash: [secret]"],
      [`root:$6$salt$${"a".repeat(86)}:1`, "root:[secret]:1"],
      ["use abc123.0123456789abcdef", "use [secret]"],
    ] as const) {
      assert.equal(redactText(text), expected);
    }
  });

  it("holds no secret on a line after its name, or beside it as the value of a variable", () => {
    for (const [text, expected] of [
      ["token: |\n  line1\n\n  line2\nnext: x", "token: |\n  [secret]\nnext: x"],
      ["token: |\n\n  line1\nnext: x", "token: |\n\n  [secret]\nnext: x"],
      ["token: | # as it came\n  line1", "token: | # as it came\n  [secret]"],
      ["token: !!str |-\n  line1", "token: !!str |-\n  [secret]"],
      ["token: |\r\n  line1\r\nnext: x", "token: |\r\n  [secret]\r\nnext: x"],
      ["- name: API_TOKEN\n  value: |\n    s3cr3t\n- b", "- name: API_TOKEN\n  value: |\n    [secret]\n- b"],
      ["- name: API_TOKEN\n  value:\n    s3cr3t\n- b", "- name: API_TOKEN\n  value:\n    [secret]\n- b"],
      [
        '- name: DB_PASSWORD # of app\n  value: "correct horse"',
        '- name: DB_PASSWORD # of app\n  value: "[secret]"',
      ],
      ["- name: DB_PASSWORD\n  value: correct horse", "- name: DB_PASSWORD\n  value: [secret]"],
      ['{"name":"API_TOKEN","value":"a\\"bcdef"}', '{"name":"API_TOKEN","value":"[secret]"}'],
      ['{"value":"horse","name":"API_TOKEN"}', '{"value":"[secret]","name":"API_TOKEN"}'],
      ["clientSecret:\n  correcthorse\nissuer: x", "clientSecret:\n  [secret]\nissuer: x"],
      ["  password: |\n    two words\n    more\n  next: x", "  password: |\n    [secret]\n  next: x"],
      ["- token: >-\n    correcthorse\n- b", "- token: >-\n    [secret]\n- b"],
      ['"bindPW":\n  "correcthorse"', '"bindPW":\n  [secret]'],
      ["- name: DB_PASSWORD\n  value: horse\n", "- name: DB_PASSWORD\n  value: [secret]\n"],
      ['{"name":"API_TOKEN","value":"horse"}', '{"name":"API_TOKEN","value":"[secret]"}'],
      [
        '{\\"name\\": \\"API_TOKEN\\", \\"value\\": \\"horse\\"}',
        '{\\"name\\": \\"API_TOKEN\\", \\"value\\": \\"[secret]\\"}',
      ],
    ] as const) {
      assert.equal(redactText(text), expected);
    }
  });

  it("leaves what only sounds like a secret", () => {
    for (const text of [
      "PasswordAuthentication no",
      "automountServiceAccountToken: false",
      "--initial-cluster-token=production-cluster",
      "passwd:         files systemd",
      "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
      "-w /etc/passwd -p wa -k identity",
      "--service-account-signing-key-file=/etc/kubernetes/pki/sa.key",
      "initial-cluster-token: production-cluster",
      "secretName: dex-configuration",
      "secret:\n    secretName: dex-configuration",
      "secret: {secretName: dex-configuration}",
      "token:\n  - first-of-a-list",
      "secret:\nnext: something-else",
      "token:\n  app.kubernetes.io/name: x\n  other: y",
      "- name: DB_PASSWORD\n  valueFrom:\n    secretKeyRef: {name: database-login, key: password}",
      "- name: DB_PASSWORD\n  value: ${FROM_ELSEWHERE}",
      "- name: GREETING\n  value: good-morning",
      "secretKeyRef: {name: database-login, key: password}",
      "tokenTtl: 3600seconds",
      "--token-auth-file=/etc/kubernetes/tokens.csv",
      "--bootstrap-token-auth=enabled-always",
      "ops ALL=(root) NOPASSWD: /usr/bin/systemctl",
      'api_token="$(cat /run/token)"',
    ]) {
      assert.equal(redactText(text), text);
    }
  });
});
