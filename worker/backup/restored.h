/* The file below <state> that says: its journal is a backup's, cut off. */
#ifndef BACKUP_RESTORED_H
#define BACKUP_RESTORED_H

#define RESTORED_MARK  "journal/restored"

#endif
