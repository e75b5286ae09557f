// Requests as JSON lines {"secrets","headers","body"}: what standardwebhooks and
// svix say of each as it came, and of each of its mutations.
import { createInterface } from 'node:readline';
import { Webhook as Standard } from 'standardwebhooks';
import { Webhook as Svix } from 'svix';

function judge(Verifier, secret, body, headers) {
    try {
        new Verifier(secret).verify(body, headers);
        return 'good';
    } catch {
        return 'refused';
    }
}

const flip = (text, at) => text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ 1) + text.slice(at + 1);

for await (const line of createInterface({ input: process.stdin })) {
    const { secrets, headers, body } = JSON.parse(line);
    const mutated = [
        [flip(body, 3), headers], [body + ' ', headers],
        [body, { ...headers, 'webhook-id': flip(headers['webhook-id'], 4) }],
        [body, { ...headers, 'webhook-timestamp': String(+headers['webhook-timestamp'] + 1) }],
        [body, { ...headers, 'webhook-timestamp': String(+headers['webhook-timestamp'] - 600) }],
        [body, { ...headers, 'webhook-signature': headers['webhook-signature'].replaceAll(/v1,./g,
            (s) => 'v1,' + (s[3] === 'A' ? 'B' : 'A')) }],
        [body, { ...headers, 'webhook-signature': headers['webhook-signature'].replaceAll('v1,', 'v2,') }],
    ];
    const out = {};
    for (const [name, Verifier] of [['standardwebhooks', Standard], ['svix', Svix]]) {
        out[name] = {
            good: secrets.map((secret) => judge(Verifier, secret, body, headers)),
            other: judge(Verifier, 'whsec_' + Buffer.alloc(32, 7).toString('base64'), body, headers),
            mutated: mutated.map(([b, h]) => judge(Verifier, secrets[0], b, h)),
        };
    }
    console.log(JSON.stringify(out));
}
