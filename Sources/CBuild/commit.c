#include "CBuild.h"

#ifndef SKEIN_COMMIT
#define SKEIN_COMMIT ""
#endif

const char *skein_build_commit(void) { return SKEIN_COMMIT; }
