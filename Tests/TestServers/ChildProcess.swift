#if canImport(Glibc)
    private import Glibc
#endif

/// Runs a program to its end, for tests.
///
/// Not Foundation's `Process`: that learns of the end through a socket which the program's own children inherit, so it
/// waits for ever where the program starts servers; and its children inherit the signal mask of whichever libdispatch
/// thread started them, which blocks SIGTERM and SIGINT.
package enum ChildProcess {
    /// Blocks until the program has ended; its input is empty, its output and errors go to a file.
    /// - Returns: the exit status, or 128 and the signal that ended it. 127 where it cannot be started.
    package static func run(_ path: String, _ arguments: [String], outputTo file: String) -> Int32 {
        let pid = start(path, arguments, outputTo: file)
        return pid > 0 ? wait(for: pid) : 127
    }

    /// Starts a program that is to be waited for with `wait`.
    /// - Returns: its process id, -1 where it cannot be started.
    package static func start(_ path: String, _ arguments: [String], outputTo file: String) -> Int32 {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        unsafe posix_spawn_file_actions_addopen(&actions, 1, file, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        unsafe posix_spawn_file_actions_adddup2(&actions, 1, 2)
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        unsafe sigemptyset(&none)
        unsafe posix_spawnattr_setsigmask(&attributes, &none)
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var words: [UnsafeMutablePointer<CChar>?] = unsafe ([path] + arguments).map { unsafe strdup($0) } + [nil]
        defer { unsafe words.forEach { unsafe free($0) } }
        var pid: pid_t = 0
        let result = unsafe posix_spawn(&pid, path, &actions, &attributes, &words, environ)
        return result == 0 ? pid : -1
    }

    /// Blocks until a program that `start` started has ended.
    package static func wait(for pid: Int32) -> Int32 {
        var status: Int32 = 0
        while unsafe waitpid(pid, &status, 0) < 0 {
            guard errno == EINTR else { return 127 }
        }
        return code(status)
    }

    /// How a program that `start` started has ended, nil while it runs. To be asked no more once it has answered.
    package static func poll(_ pid: Int32) -> Int32? {
        var status: Int32 = 0
        return unsafe waitpid(pid, &status, WNOHANG) == pid ? code(status) : nil
    }

    private static func code(_ status: Int32) -> Int32 {
        // WIFEXITED, WEXITSTATUS and WTERMSIG of <sys/wait.h>, which are macros.
        let signal = status & 0x7F
        return signal == 0 ? (status >> 8) & 0xFF : 128 + signal
    }

    package static func signal(_ pid: Int32, _ signal: Int32) { kill(pid, signal) }
}
