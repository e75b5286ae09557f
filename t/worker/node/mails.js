// Mails of mails.py, a line of JSON each on standard input, in mailparser:
// says ok and their number, or what the first one has that is not the same.
import { createInterface } from 'node:readline';
import { simpleParser } from 'mailparser';

const plain = (s) => (s ?? '').replace(/[\x00-\x20\x7f\x85\u2028\u2029\xa0\u3000\u2000-\u200a\u1680\u202f\u205f]+/g, ' ').replace(/^ +| +$/g, '');

let n = 0;
for await (const line of createInterface({ input: process.stdin })) {
    const want = JSON.parse(line);
    const got = await simpleParser(Buffer.from(want.raw, 'base64'), { skipTextToHtml: true });
    const is = {
        names: got.headerLines.map((h) => h.key),
        subject: plain(got.subject),
        from: got.from.value.map((a) => `${plain(a.name)} <${a.address}>`),
        text: plain(got.text),
        html: plain(got.html),
    };
    const as = { ...is, names: want.names, subject: want.subject,
        from: [`${want.from} <shop@example.com>`], text: want.text, html: want.html };
    n++;
    if (got.attachments.length || JSON.stringify(is) !== JSON.stringify(as)) {
        for (const k in is) {
            if (JSON.stringify(is[k]) !== JSON.stringify(as[k])) {
                console.log(`not ok: mail ${n}: ${k}: ${JSON.stringify(is[k])} is not ${JSON.stringify(as[k])}`);
            }
        }
        process.exit(1);
    }
}
console.log(`ok ${n}`);
