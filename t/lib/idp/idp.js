// An identity provider on loopback for tests: npm oidc-provider, whose user is
// whoever was posted to /test/user last. Arguments: port, Godwit's address.
import { createServer } from 'node:http';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { Provider } from 'oidc-provider';

const [port, godwit] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;
let user = { sub: 's1', email: 'ann@example.com', email_verified: true, name: 'Ann' };
let spoil;                              // a change of the ID token on its way out
const users = {};

const key = () => ({ ...generateKeyPairSync('ec', { namedCurve: 'P-256' })
    .privateKey.export({ format: 'jwk' }), kid: randomUUID(), use: 'sig', alg: 'ES256' });

const make = () => {
    const made = new Provider(issuer, {
    clients: [{
        client_id: 'godwit', client_secret: 'a secret of/the=client', grant_types: ['authorization_code'],
        response_types: ['code'], redirect_uris: [`${godwit}/api/v1/sso/callback`],
        id_token_signed_response_alg: 'ES256',
        post_logout_redirect_uris: [`${godwit}/`], backchannel_logout_session_required: true,
        backchannel_logout_uri: `${godwit}/api/v1/sso/sso_1/logout`,
    }],
    jwks: { keys: [key()] },
    cookies: { keys: ['test'] },
    claims: { openid: ['sub', 'sid'], email: ['email', 'email_verified'], profile: ['name', 'groups'] },
    features: {
        devInteractions: { enabled: false },
        backchannelLogout: { enabled: true },
        rpInitiatedLogout: { enabled: true },
    },
    pkce: { required: () => true },
    // its own would not go to loopback
    fetch: (url, { dispatcher: _, ...options }) => fetch(url, options),
    interactions: { url: (ctx, { uid }) => `/interaction/${uid}` },
    findAccount: (ctx, id) => ({ accountId: id, claims: () => users[id] ?? { sub: id } }),
    loadExistingGrant: async (ctx) => {
        const grant = new ctx.oidc.provider.Grant({ clientId: 'godwit', accountId: ctx.oidc.session.accountId });
        grant.addOIDCScope('openid email profile');
        await grant.save();
        return grant;
    },
    });
    made.on('backchannel.error', (ctx, e) => console.error(e));
    return made;
};

let provider = make();

const read = async (req) => {
    let text = '';
    for await (const part of req) text += part;
    return text;
};

createServer(async (req, res) => {
    if (req.url.startsWith('/interaction/')) {
        if (user.deny) {
            return provider.interactionFinished(req, res, { error: 'access_denied', error_description: 'not today' });
        }
        users[user.sub] = user;
        return provider.interactionFinished(req, res, { login: { accountId: user.sub } });
    }
    switch (req.url) {
    case '/test/user': user = JSON.parse(await read(req)); break;
    case '/test/rotate': provider = make(); break;
    case '/test/spoil': spoil = (await read(req)) || undefined; break;
    default:
        if (spoil && req.url === '/token') {
            const end = res.end.bind(res);
            res.end = (body) => {
                const doc = JSON.parse(body);
                const part = doc.id_token.split('.');
                const claims = JSON.parse(Buffer.from(part[1], 'base64url'));
                part[1] = Buffer.from(JSON.stringify({ ...claims, ...JSON.parse(spoil) })).toString('base64url');
                const text = JSON.stringify({ ...doc, id_token: part.join('.') });
                res.setHeader('Content-Length', Buffer.byteLength(text));
                return end(text);
            };
        }
        if (spoil && req.url.startsWith('/.well-known/')) {
            const end = res.end.bind(res);
            res.end = (body) => {
                const text = JSON.stringify({ ...JSON.parse(body), ...JSON.parse(spoil) });
                res.setHeader('Content-Length', Buffer.byteLength(text));
                return end(text);
            };
        }
        return provider.callback()(req, res);
    }
    res.end('{}');
}).listen(Number(port), '127.0.0.1', () => console.log(issuer));
