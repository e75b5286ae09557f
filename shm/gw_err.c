/* The words of the error enum. */
#include "shm/gw_err.h"


const char *
gw_strerror(int rc)
{
    static const char *const  words[] = {
        "ok", "error", "invalid input", "out of memory", "full", "corrupt",
        "not found", "nothing now", "system call failed",
        "another format version", "busy", "database unavailable"
    };

    if (rc > 0 || rc < GW_EDB) {
        return "unknown error";
    }

    return words[-rc];
}
