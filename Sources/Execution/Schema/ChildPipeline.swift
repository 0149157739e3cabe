private import FoundationEssentials
private import Glibc

/// A program that could not be started.
package struct CannotStart: Error, Sendable, Equatable {
    package var executable: String
    /// The system's words.
    package var reason: String
}

/// Programs whose output each feeds the next, run to their end by blocking calls: `pg_dump … | pg_restore …`.
///
/// If we are killed, the last program's pipe breaks and the others follow; programs run in process groups of their own,
/// so a Ctrl-C in the terminal reaches us alone and we end them.
enum ChildPipeline {
    struct Command: Sendable {
        var executable: String
        var arguments: [String]
        /// On top of our own.
        var environment: [String: String] = [:]
    }

    struct Ending: Sendable {
        /// The exit code, or 128 and the signal's number, as a shell would say.
        var code: Int
        /// The end of what it wrote to stderr.
        var messages: [String]
    }

    /// Runs `commands` and hands over the last one's output in chunks. Blocks; cancelling the task ends the programs
    /// within a quarter of a second.
    /// - Parameter output: throwing ends the programs.
    /// - Returns: one ending for each command.
    static func run(_ commands: [Command], output: (ArraySlice<UInt8>) throws -> Void) throws -> [Ending] {
        var readers: [DescriptorReader] = []
        var children: [pid_t] = []
        do {
            var input: OwnedDescriptor?
            for command in commands {
                let (outputEnd, stdout) = try OwnedDescriptor.pipe()
                let (errorEnd, stderr) = try OwnedDescriptor.pipe()
                children.append(try spawn(command, input: input, output: stdout, error: stderr))
                readers.append(DescriptorReader(errorEnd))
                input = outputEnd
            }
            if let input { readers.append(DescriptorReader(input)) }
            var tails = commands.map { _ in MessageTail() }
            try DescriptorReader.drain(readers) { index, bytes in
                if index == commands.count { try output(bytes) } else { tails[index].append(bytes) }
            }
            return zip(children.map(reap), tails).map { Ending(code: $0, messages: $1.lines) }
        } catch {
            // Not reaped yet, so the ids are still theirs.
            for child in children { kill(child, SIGTERM) }
            for child in children { _ = reap(child) }
            throw error
        }
    }

    private static func spawn(
        _ command: Command, input: OwnedDescriptor?, output: OwnedDescriptor, error: OwnedDescriptor,
    ) throws -> pid_t {
        var environment = ProcessInfo.processInfo.environment
        environment.merge(command.environment) { _, new in new }
        let words = [command.executable] + command.arguments
        let variables = environment.map { "\($0)=\($1)" }
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        if let input {
            unsafe posix_spawn_file_actions_adddup2(&actions, input.number, STDIN_FILENO)
        } else {
            unsafe posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        }
        unsafe posix_spawn_file_actions_adddup2(&actions, output.number, STDOUT_FILENO)
        unsafe posix_spawn_file_actions_adddup2(&actions, error.number, STDERR_FILENO)
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        var (none, defaults) = (sigset_t(), sigset_t())
        unsafe sigemptyset(&none)
        unsafe sigemptyset(&defaults)
        for signal in [SIGPIPE, SIGINT, SIGTERM, SIGHUP] { unsafe sigaddset(&defaults, signal) }
        unsafe posix_spawnattr_setsigmask(&attributes, &none)
        unsafe posix_spawnattr_setsigdefault(&attributes, &defaults)
        unsafe posix_spawnattr_setpgroup(&attributes, 0)
        let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK
        unsafe posix_spawnattr_setflags(&attributes, Int16(flags))
        var child = pid_t()
        let code = unsafe withStrings(words) { words in
            unsafe withStrings(variables) { variables in
                unsafe posix_spawn(&child, command.executable, &actions, &attributes, words, variables)
            }
        }
        guard code == 0 else {
            throw CannotStart(executable: command.executable, reason: unsafe String(cString: strerror(code)))
        }
        return child
    }

    private static func reap(_ child: pid_t) -> Int {
        var status: Int32 = 0
        while unsafe waitpid(child, &status, 0) < 0, errno == EINTR {}
        let signal = status & 0x7F
        return signal == 0 ? Int(status >> 8) & 0xFF : 128 + Int(signal)
    }

    private static func withStrings<R>(
        _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> R,
    ) -> R {
        var copies = unsafe strings.map { unsafe strdup($0) } + [nil]
        defer { for index in unsafe copies.indices { unsafe free(copies[index]) } }
        return unsafe body(&copies)
    }
}

/// The last lines of a stream of messages.
private struct MessageTail {
    private static let limit = 40
    private var bytes: [UInt8] = []

    mutating func append(_ chunk: ArraySlice<UInt8>) {
        bytes.append(contentsOf: chunk)
        if bytes.count > 1 << 16 { bytes.removeFirst(bytes.count - 1 << 15) }
    }

    var lines: [String] {
        bytes.split(separator: UInt8(ascii: "\n")).suffix(Self.limit).map { String(decoding: $0, as: UTF8.self) }
    }
}
