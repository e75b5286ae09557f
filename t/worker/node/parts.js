// The files in mails as mailparser sees them, a line of JSON for each mail.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { simpleParser } from 'mailparser';

for (const path of process.argv.slice(2)) {
    const mail = await simpleParser(readFileSync(path), { skipImageLinks: true });
    console.log(JSON.stringify(mail.attachments.map((a) => ({
        type: a.contentType, as: a.contentDisposition ?? null, name: a.filename ?? null,
        id: a.contentId ?? null, related: !!a.related,
        sha256: createHash('sha256').update(a.content).digest('hex'),
    }))));
}
