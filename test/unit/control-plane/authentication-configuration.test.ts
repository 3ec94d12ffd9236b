import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { identityProviderIssuer } from "../../../components/access/trusted-issuer";
import { authentication } from "../../../components/control-plane/authentication";
import { renderAuthenticationConfiguration } from "../../../components/control-plane/authentication-configuration";
import { controlPlaneArgs } from "../../support/fixture-cluster";
import { assertGolden } from "../../support/golden";
import { identityProvider } from "../../support/identity-fixtures";

describe("the AuthenticationConfiguration of the API server", () => {
  const text = renderAuthenticationConfiguration([
    identityProviderIssuer(
      identityProvider,
      "-----BEGIN CERTIFICATE-----\nQQ==\n-----END CERTIFICATE-----\n",
    ),
    {
      url: "https://login.example.org",
      audiences: ["kubernetes", "kubernetes-admin"],
      username: { claim: "sub", prefix: "corp:" },
      groups: { claim: "groups", prefix: "corp:" },
      requiredClaims: { hd: "example.org" },
    },
  ]);

  it("is the file that lies in test/golden", () => {
    assertGolden("control-plane-authentication", {
      "/etc/kubernetes/kube-apiserver/authentication.yaml": text,
    });
  });

  it("lets no issuer name a component of the cluster", () => {
    for (const prefix of ["system:", "redoubt:"]) {
      assert.equal(text.split(`!user.username.startsWith('${prefix}')`).length - 1, 2);
      assert.equal(text.split(`!group.startsWith('${prefix}')`).length - 1, 2);
    }
  });

  it("says nothing of anonymous requests, so that the flag rules them (CIS 1.2.1)", () => {
    assert.doesNotMatch(text, /anonymous/);
  });
});

describe("the flags of authentication", () => {
  const flagsOf = (trustsIssuers?: boolean): Readonly<Record<string, unknown>> =>
    authentication({ authentication: controlPlaneArgs.authentication, trustsIssuers }).flags;

  it("name the file when issuers are trusted, beside the refusal of anonymous requests", () => {
    assert.equal(
      flagsOf(true)["authentication-config"],
      "/etc/kubernetes/kube-apiserver/authentication.yaml",
    );
    assert.equal(flagsOf(true)["anonymous-auth"], false);
  });

  it("name none otherwise", () => {
    assert.equal(flagsOf(false)["authentication-config"], undefined);
    assert.equal(flagsOf()["authentication-config"], undefined);
  });
});
