import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { identityProviderIssuer } from "../../../components/access/trusted-issuer";
import { identityProvider, ldapOptions } from "../../support/identity-fixtures";

describe("the identity provider as the API server takes it", () => {
  const issuer = identityProviderIssuer(identityProvider, "PEM");

  it("is trusted by the cluster's authority, for its one client", () => {
    assert.equal(issuer.url, "https://10.77.5.10:5556/dex");
    assert.equal(issuer.certificateAuthority, "PEM");
    assert.deepEqual(issuer.audiences, ["redoubt"]);
  });

  it("names people after who vouched for them, so that none is taken for another", () => {
    assert.deepEqual(issuer.username, {
      expression:
        'claims.federated_claims.connector_id == "ldap" ? "ldap:" + claims.name : "oidc:" + claims.name',
    });
  });

  it("takes groups from the directory only", () => {
    assert.deepEqual(issuer.groups, {
      expression:
        'claims.federated_claims.connector_id == "ldap" && has(claims.groups) ? dyn(claims.groups).map(group, "ldap:" + group) : []',
    });
  });

  it("takes tokens of configured connectors only", () => {
    assert.equal(
      issuer.validations?.[0]?.expression,
      'claims.federated_claims.connector_id in ["local","ldap"]',
    );
    const ofLdap = identityProviderIssuer({ ...identityProvider, staticUsers: [] }, "PEM");
    assert.equal(ofLdap.validations?.[0]?.expression, 'claims.federated_claims.connector_id in ["ldap"]');
  });

  it("knows no groups without a directory, or without a way to find them", () => {
    const withoutGroups = { ...ldapOptions, groupSearch: undefined };
    assert.equal(identityProviderIssuer({ ...identityProvider, ldap: undefined }, "PEM").groups, undefined);
    assert.equal(
      identityProviderIssuer({ ...identityProvider, ldap: withoutGroups }, "PEM").groups,
      undefined,
    );
  });
});
