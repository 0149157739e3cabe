/// What the program was built from: the commit, with `+` behind it where files had changed since; empty where there is
/// no repository, as in an unpacked archive. Package.swift defines it.
const char *skein_build_commit(void);
