/*
 * The form of the page of preferences: what of it is chosen anew, as words. A
 * form tells what was on when it was shown (`had`), what is on now (`on`), and
 * of a pause and a ceiling their days:
 *
 *   had=email+lst_4+every7&on=email&on=lst_9&pause=30&every=1
 *   had=...&all=1              no to every channel
 *   subscribe=0, subscribe=1   mail alone: no, yes
 *
 * The words: `email-` `sms+` `lst_4-` `pause30` `every1`, a blank between
 * them. `pause0` and `every0` end what was.
 */
#ifndef GW_CHOICES_H
#define GW_CHOICES_H

#include "shm/gw_err.h"
#include "shm/gw_str.h"

#define GW_CHOICES_MAX   480            /* bytes of words                 */
#define GW_CHOICES_FORM  4096           /* bytes of a form                */

typedef struct {
    bool           no_mail, mail;       /* email- or email+ is among them */
    size_t         len;
    unsigned char  words[GW_CHOICES_MAX];
} gw_choices_t;

/*
 * The words of a form, application/x-www-form-urlencoded; none when nothing is
 * chosen anew. GW_EINVAL: it is not one that our page sends.
 */
int gw_choices_read(gw_choices_t *c, gw_str_t form) GW_MUSTCHECK;

#endif
