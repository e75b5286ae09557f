/* What the role mail tells of itself. */
#ifndef FIGURES_H
#define FIGURES_H

#include "worker/mail/mail.h"

/* Once a second its metrics. */
void figures_turn(mail_t *m);

#endif
