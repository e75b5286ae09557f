/* The one error enum of shm and worker, and its words. */
#ifndef GW_ERR_H
#define GW_ERR_H

#define GW_MUSTCHECK  __attribute__((warn_unused_result))

enum {
    GW_OK = 0,
    GW_ERROR = -1,          /* a fault without a better name                */
    GW_EINVAL = -2,         /* the caller's input is wrong                  */
    GW_ENOMEM = -3,
    GW_EFULL = -4,          /* a buffer, segment, map or disk is full       */
    GW_ECORRUPT = -5,       /* bytes that we once wrote are not what we read */
    GW_ENOTFOUND = -6,
    GW_EAGAIN = -7,         /* nothing now; try again later                 */
    GW_ESYS = -8,           /* a system call failed, errno says why         */
    GW_EVERSION = -9,       /* written by another format version            */
    GW_EBUSY = -10,         /* somebody else holds it                       */
    GW_EDB = -11            /* the database is away or refused              */
};

/* A short lower-case phrase for a code above; static text, never NULL. */
const char *gw_strerror(int rc);

#endif
