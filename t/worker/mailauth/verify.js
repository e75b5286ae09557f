// As ../python/dkim_verify.py, by mailauth.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { dkimVerify } from 'mailauth/lib/dkim/verify.js';

async function judge(message, records) {
    const resolver = async (name) => {
        if (records[name] === undefined) throw Object.assign(new Error(name), { code: 'ENOTFOUND' });
        return [[records[name]]];
    };
    const { results } = await dkimVerify(message, { resolver });
    return results.map((r) => r.status.result === 'pass');
}

function flip(message, at) {
    const changed = Buffer.from(message);
    changed[at] ^= 1;
    return changed;
}

for await (const line of createInterface({ input: process.stdin })) {
    const { file, records } = JSON.parse(line);
    const message = readFileSync(file);
    const changed = [];
    for (const at of [message.indexOf('\nSubject: ') + 10, message.indexOf('\r\n\r\n') + 8]) {
        changed.push(await judge(flip(message, at), records));
    }
    changed.push(await judge(Buffer.concat([Buffer.from('Reply-To: evil@example.com\r\n'), message]), records));
    console.log(JSON.stringify({ good: await judge(message, records), changed: changed.flat().includes(true) }));
}
