/** Blocks that every test cluster has: every role once, one namespace with a rule, one without. */
export const testBlocks = `  redoubt:namespaces:
    - name: app
      podSecurity:
        enforce: restricted
    - name: other
  redoubt:network:
    allow:
      - name: web-to-db
        from: { namespace: app, podLabels: { app: web } }
        to: { namespace: app, podLabels: { app: db } }
        ports:
          - { protocol: TCP, port: 5432 }
          - { protocol: UDP, port: 514 }
          - { protocol: TCP, port: 9000, endPort: 9010 }
  redoubt:access:
    roleBindings:
      - { role: viewer, namespace: app, groups: [app-viewers, "ldap:engineers"], users: ["oidc:alice"] }
      - { role: developer, namespace: app, groups: [app-developers] }
      - { role: operator, namespace: app, groups: [app-operators] }
      - { role: cluster-reader, groups: [auditors] }
      - { role: cluster-admin, groups: [platform] }
    users:
      - { name: vera, group: app-viewers, validityHours: 8 }
      - { name: dev, group: app-developers, validityHours: 8 }
      - { name: olga, group: app-operators, validityHours: 8 }
      - { name: rita, group: auditors, validityHours: 8 }
      - { name: paul, group: platform, validityHours: 8 }
      - { name: nobody, group: strangers, validityHours: 8 }
`;

/** Rules between pods and hosts; every network of local machines is in the CIDR. */
const hostRules = `      - name: controller-to-api
        from: { namespace: app, podLabels: { app: controller } }
        to: { cidr: 10.128.0.0/9 }
        ports: [{ port: 6443 }]
      - name: api-to-webhook
        from: { cidr: 10.128.0.0/9 }
        to: { namespace: app, podLabels: { app: webhook } }
        ports: [{ port: 8443 }]
`;

const localHosts = `config:
  redoubt:hosts:
    provider: local
    controlPlanes: 1
    workers: 2
`;

/** The configuration that the tests build on machines of their own. */
export const testConfiguration = `${localHosts}${testBlocks}`;

/** The same, with flows between pods and hosts. */
export const withHostRules = testConfiguration.replace(/(?=^ {2}redoubt:access:)/m, hostRules);
