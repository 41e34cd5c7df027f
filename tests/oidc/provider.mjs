// A real OpenID provider on the loopback address, for the tests of the sign-in. Who signs in, and how strongly, is said in the address:
// /interaction/<uid>?as=<subject>&amr=otp&acr=strong. It prints "ready" when it listens. Usage: node provider.mjs PORT REDIRECT_URI LOGOUT_URI
import { Provider } from "oidc-provider";

const [port, back, left] = process.argv.slice(2);
const client = (id) => ({ client_id: id, client_secret: "of-" + id + "-0123456789012345678901234567", redirect_uris: [back], post_logout_redirect_uris: [left] });
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [client("riskmap"), client("another")],
  cookies: { keys: ["a key of the tests"] },
  features: { devInteractions: { enabled: false } },
  pkce: { required: () => true },
  acrValues: ["strong"],
  claims: { openid: ["sub", "amr", "acr"] },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  async loadExistingGrant(ctx) {
    const grant = new ctx.oidc.provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
    grant.addOIDCScope("openid");
    await grant.save();
    return grant;
  },
});
provider.use(async (ctx, next) => {
  if (!ctx.path.startsWith("/interaction/")) return next();
  const { as, amr, acr, refuse } = ctx.query;
  const result = refuse ? { error: "access_denied" } : { login: { accountId: as, ...(amr && { amr: [amr] }), ...(acr && { acr }) } };
  await provider.interactionFinished(ctx.req, ctx.res, result);
  ctx.respond = false;
});
provider.listen(Number(port), "127.0.0.1", () => console.log("ready"));
